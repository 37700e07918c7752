"""The command line: parse, call, show. No numbers are made here."""
