"""Why an endpoint is not ready, each file by where it is read."""
