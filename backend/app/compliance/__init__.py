"""Sponsorship disclosure and retention: rules by date, verdicts, daily proof and certificates."""
