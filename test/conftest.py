"""What every test shares."""

from visual_navsat.openmp import let_threads_sleep

let_threads_sleep()
