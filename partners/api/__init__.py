"""What partners' own systems use instead of the pages: lists in, status and decisions out."""
