"""Describe images: preprocess, backbone (DINOv2), VLAD; one vector per image."""
