"""Calls for curation: who may apply, with what, and the steps on the way to the curator."""
