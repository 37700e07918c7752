"""The web app: pages over the same studies, stores and reports as the command line. No number is made here."""
