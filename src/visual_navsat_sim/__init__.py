"""The simulator: worlds with exact truth, and a drone that photographs them. It never flies."""
