"""Runs the stages of a recipe in order, once each, and keeps their manifests."""
