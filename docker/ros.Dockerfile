# The ROS node: `docker build -f docker/ros.Dockerfile -t visual_navsat:ros .` in the root of the
# repository; another distribution with --build-arg BASE=ros:jazzy-ros-base.
ARG BASE=ros:kilted-ros-base
FROM ${BASE}
# On an NVIDIA GPU: --build-arg TORCH_INDEX=https://pypi.org/simple --build-arg FAISS=faiss-gpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG FAISS=faiss-cpu
ENV PIP_BREAK_SYSTEM_PACKAGES=1
WORKDIR /ws
COPY package.xml src/visual_navsat/package.xml
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3-pip \
 && rosdep update --rosdistro "${ROS_DISTRO}" \
 && rosdep install --from-paths src --ignore-src -y \
 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir --extra-index-url "${TORCH_INDEX}" 'torch>=2.6' "${FAISS}"
COPY . src/visual_navsat
RUN . "/opt/ros/${ROS_DISTRO}/setup.sh" && colcon build --packages-select visual_navsat \
 && useradd --uid 10001 --create-home navsat
USER navsat
ENV MAP=/map IMAGE_TOPIC=/camera/image_raw
ENTRYPOINT ["/ros_entrypoint.sh"]
CMD ["bash", "-c", ". /ws/install/setup.bash && exec ros2 launch visual_navsat localizer.launch.py map:=$MAP image_topic:=$IMAGE_TOPIC"]
