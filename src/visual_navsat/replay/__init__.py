"""Replay a recorded flight through engine and track, without ROS, and write the results."""
