# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Settings in a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, reason_of
from visual_navsat.files import read_input
import yaml


def load_config(path: str | Path, config: Config, called: str = '--config') -> Config:
    """
    Return a config with the settings in a YAML file.

    The file holds sections of settings, or these as the ``ros__parameters`` of one node.

    :param called: what people know the file by.
    :raises ConfigError: if it cannot be read, is not YAML, or holds an unknown or bad setting.
    """
    try:
        values = yaml.safe_load(read_input(path).decode())
    except OSError as error:
        raise ConfigError(f'cannot read {called} {path}: {error.strerror}') from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f'{called} {path} is not YAML: {reason_of(error)}') from error
    if values is None:
        return config
    if not isinstance(values, dict):
        raise ConfigError(f'{called} {path} must hold sections of name: value, got {values!r}')
    return config.updated(_sections(values, f'{called} {path}'))


def _sections(values: dict[Any, Any], what: str) -> dict[Any, Any]:
    """Return the sections of settings, also of a file of parameters as ROS takes it."""
    nodes = [
        value['ros__parameters']
        for value in values.values()
        if isinstance(value, dict) and 'ros__parameters' in value
    ]
    if not nodes:
        return values
    if len(values) > 1 or not isinstance(nodes[0], dict):
        raise ConfigError(f'{what} must hold the ros__parameters of one node')
    return nodes[0]
