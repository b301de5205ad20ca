"""ROS messages to plain data by the names of their fields: needs no ROS."""
