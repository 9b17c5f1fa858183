"""Fits the models that strategies read and writes them as artifacts. docs/training.md and docs/models.md are normative."""
