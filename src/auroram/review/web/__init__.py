"""The web pages: forms are parsed and pages rendered here, and no rule is held."""
