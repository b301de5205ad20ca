"""Judge a map from its index alone, before take-off: where it tells places apart, and a route."""

from visual_navsat.preflight.cost import Cost, measure_cost
from visual_navsat.preflight.grade import GRADES, GradedCell, grade_cells
from visual_navsat.preflight.heat_map import write_heat_map
from visual_navsat.preflight.map_cells import MapCells
from visual_navsat.preflight.route import RouteVerdict, judge_route
from visual_navsat.preflight.route_file import RouteError, read_route

__all__ = [
    'GRADES',
    'Cost',
    'GradedCell',
    'MapCells',
    'RouteError',
    'RouteVerdict',
    'grade_cells',
    'judge_route',
    'measure_cost',
    'read_route',
    'write_heat_map',
]
