"""Beyond one image: other sensors matched to it by time, and many images as one track."""
