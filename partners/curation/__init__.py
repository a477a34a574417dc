"""Lists of decided businesses: read and checked, accepted as a version, taken back."""
