# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One HTML file that shows what happened in a run, or in two beside each other."""

from visual_navsat.report.comparison import write_comparison
from visual_navsat.report.page import check_packages
from visual_navsat.report.run_report import write_report
from visual_navsat.report.sources import ReportSources, sources_from_folders
from visual_navsat.report.write_figures import write_figures

__all__ = [
    'ReportSources',
    'check_packages',
    'sources_from_folders',
    'write_comparison',
    'write_figures',
    'write_report',
]
