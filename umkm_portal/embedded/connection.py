"""How a process reaches the embedded servers: addresses and secrets read from the data folder."""
