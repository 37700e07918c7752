"""Models with known answers, each written in the language of :mod:`innospace.economy.general.spec`."""
