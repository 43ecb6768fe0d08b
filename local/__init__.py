"""The local control plane: a real API server and the real controllers on one machine."""
