"""The demo: a procedural world, its map, the real ROS node, and a drone that flies over it."""
