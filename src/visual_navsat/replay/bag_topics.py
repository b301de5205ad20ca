# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The types that the topics of a bag must have, by the node's names of its inputs."""

RAW_IMAGE, COMPRESSED_IMAGE = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'

TYPES = {
    'image': (RAW_IMAGE, COMPRESSED_IMAGE),
    'camera_info': ('sensor_msgs/msg/CameraInfo',),
    'imu': ('sensor_msgs/msg/Imu',),
    'attitude': ('geometry_msgs/msg/QuaternionStamped',),
    'heading': ('std_msgs/msg/Float64',),
    'altitude': ('std_msgs/msg/Float64',),
    'range': ('sensor_msgs/msg/Range',),
    'odom': ('nav_msgs/msg/Odometry',),
    'initialpose': ('geometry_msgs/msg/PoseWithCovarianceStamped',),
}
TF_TOPICS = {'tf': '/tf', 'tf_static': '/tf_static'}  # the same in every bag
TF_TYPES = ('tf2_msgs/msg/TFMessage',)
TRUTH = 'truth'  # not for the node
TRUTH_TYPES = ('sensor_msgs/msg/NavSatFix',)
