"""The ROS 2 adapter: parameters, messages and the node around the engine."""
