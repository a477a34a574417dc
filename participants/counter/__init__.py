"""Registration at the counter: staff type, the person stands before them with her KTP."""
