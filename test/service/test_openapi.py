# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The whole API does as its own description says: schemathesis with all its checks."""

import os
from pathlib import Path
import subprocess
import sys

from http_service import serving
import pytest

pytest.importorskip('schemathesis')
pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
_EXAMPLES = 4  # of each route


def test_every_answer_is_as_described(tmp_path, small_map):
    (tmp_path / 'imports').mkdir()
    with serving(
        data_dir=tmp_path, maps=(f'small={small_map.index}',), expose_location=True
    ) as client:
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'schemathesis.cli', 'run'),
                str(client.base_url.join('/openapi.json')),
                *('--checks', 'all', '--phases', 'coverage,fuzzing,stateful'),
                *('--max-examples', str(_EXAMPLES), '--generation-deterministic'),
                *('--suppress-health-check', 'all', '--no-color'),
            ],
            env={
                **os.environ,
                'SCHEMATHESIS_HOOKS': 'schemathesis_hooks',
                'PYTHONPATH': os.pathsep.join([str(HERE), os.environ.get('PYTHONPATH', '')]),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert client.get('/api/v1/health').json()['status'] == 'healthy'
