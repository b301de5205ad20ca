"""
Every setting of visual_navsat, one frozen dataclass per step: the one list.

ROS parameters, command-line flags, ``config/localizer.yaml`` and the README's table are made
from these fields or tested against them. Field metadata carries description, unit and range.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from visual_navsat.errors import ConfigError


def option(
    default: Any,
    description: str,
    *,
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field whose metadata says what the setting means and allows."""
    metadata = {
        'description': description,
        'unit': unit,
        'low': low,
        'high': high,
        'choices': choices,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class ModelConfig:
    """The backbone, and which of its vectors describe a patch."""

    name: str = option(
        'auto',
        'Backbone, such as dinov2_vitg14 or dinov2_vits14_reg; auto takes the one that the index '
        'was built with, and the embedded compact model where there is no index yet',
    )
    checkpoint: str = option(
        '', 'Checkpoint file; empty looks in the package and where fetch-model saves'
    )
    layer: int = option(
        -1, 'Transformer block to read, 0-based; -1 takes what suits the model', low=-1, high=39
    )
    facet: str = option(
        'auto',
        "Which vector of that block; auto takes the index's, and value where there is none yet",
        choices=('auto', 'query', 'key', 'value', 'token'),
    )
    device: str = option('auto', 'auto, cpu, cuda or cuda:N; auto takes CUDA where there is one')
    dtype: str = option(
        'auto',
        'Precision of the backbone; auto is bfloat16 on CUDA and float32 on a CPU',
        choices=('auto', 'float32', 'bfloat16', 'float16'),
    )


@dataclass(frozen=True)
class VladConfig:
    """How patch descriptors become one descriptor."""

    vocabulary: str = option(
        'auto',
        'Vocabulary file (c_centers.pt), fit (k-means on the map itself), or auto: the one stored '
        "in the index, or else the model's own, or else fit",
    )
    num_clusters: int = option(32, 'Centres when fitting', low=1, high=4096)
    assignment: str = option(
        'auto',
        'hard: each patch counts for its nearest centre, soft: for all of them; auto takes the '
        "index's, and hard where there is none yet",
        choices=('auto', 'hard', 'soft'),
    )
    temperature: float = option(
        0.0,
        "Soft assignment: softmax(temperature * cosine); 0 takes the index's, and 10 where there "
        'is none yet',
        low=0.0,
        high=1e4,
    )
    seed: int = option(0, 'Seed of the k-means that fits a vocabulary', low=0, high=2**31 - 1)


@dataclass(frozen=True)
class PreprocessConfig:
    """How an image becomes the tensor that the backbone sees."""

    max_side: int = option(
        0, 'Longer side after resizing; 0 takes what suits the model', unit='px', low=0, high=4096
    )
    min_patch_coverage: float = option(
        0.95,
        'Share of a patch that must show the ground for it to count after rotation',
        low=0.0,
        high=1.0,
    )
    num_rotations: int = option(
        8,
        'Rotated copies that are tried when the heading is unknown; 1 tries none',
        low=1,
        high=72,
    )


@dataclass(frozen=True)
class RetrievalConfig:
    """How the index is searched."""

    top_k: int = option(10, 'Ranked tiles per query image', low=1, high=1000)
    backend: str = option(
        'auto',
        'auto is FAISS on the GPU, torch on CUDA where faiss-gpu is missing, or FAISS on the CPU',
        choices=('auto', 'faiss-cpu', 'faiss-gpu', 'torch'),
    )


@dataclass(frozen=True)
class PositionConfig:
    """When ranked tiles are a position, and how sure of it."""

    background_quantile: float = option(
        0.5,
        'A fix must be more distinct from its best rival than this share of the wrong places on '
        'the map; 0 never refuses',
        low=0.0,
        high=1.0,
    )
    vertical_sigma_m: float = option(
        100.0,
        'Standard deviation of the altitude, which this step does not estimate',
        unit='m',
        low=0.1,
        high=1e5,
    )


@dataclass(frozen=True)
class NodeConfig:
    """What only the ROS node needs."""

    map: str = option('', 'Index folder made by visual-navsat build-map')
    frame_id: str = option(
        '', "header.frame_id of the fix; empty takes the image's, and camera where that is empty"
    )
    altitude_m: float = option(
        float('nan'),
        'Altitude of a fix above the WGS 84 ellipsoid; nan says unknown, but navsat_transform '
        'drops messages with a NaN altitude: give it 0.0',
        unit='m',
    )
    gsd_m_per_px: float = option(
        0.0,
        'Metres per pixel of the camera images where it is known and constant; 0 is unknown',
        unit='m/px',
        low=0.0,
        high=100.0,
    )
    heading_max_age_s: float = option(
        0.5, 'An older heading is not used for an image', unit='s', low=0.0, high=60.0
    )
    autostart: bool = option(
        True, 'Configure and activate without waiting for a lifecycle manager'
    )


@dataclass(frozen=True)
class Config:
    """All settings."""

    model: ModelConfig = field(default_factory=ModelConfig)
    vlad: VladConfig = field(default_factory=VladConfig)
    preprocess: PreprocessConfig = field(default_factory=PreprocessConfig)
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    position: PositionConfig = field(default_factory=PositionConfig)
    node: NodeConfig = field(default_factory=NodeConfig)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """
        Return the settings in a nested dict, such as a parsed ``config.yaml``; defaults fill gaps.

        :param values: ``{section: {name: value}}`` with this package's names, or those of
            aerial_map_retrieval (``preprocessing.target_size``, ``model.vocab_path``,
            ``retrieval.use_gpu``).
        :raises ConfigError: if a section or name is unknown or a value is out of range.
        """
        config = cls()
        for section, entries in _translate_ancestor(values).items():
            if not isinstance(entries, Mapping):
                raise ConfigError(
                    f'config section {section!r} is {entries!r}: it takes name: value pairs'
                )
            for name, value in entries.items():
                config = config.replace(f'{section}.{name}', value)
        return config

    def replace(self, path: str, value: Any) -> Config:
        """
        Return a copy with one setting changed.

        :param path: dotted name, such as ``'retrieval.top_k'``.
        :raises ConfigError: if the name is unknown or the value is out of range.
        """
        section_name, _, name = path.partition('.')
        known = {known_path: entry for known_path, entry, _ in self.items()}
        if path not in known:
            raise ConfigError(f'unknown setting {path!r}: known are {", ".join(sorted(known))}')
        section = getattr(self, section_name)
        checked = check_value(path, known[path], value)
        section = dataclasses.replace(section, **{name: checked})
        return dataclasses.replace(self, **{section_name: section})

    def items(self) -> Iterator[tuple[str, dataclasses.Field, Any]]:
        """Yield (dotted name, field, value) of every setting, in order."""
        for section_field in dataclasses.fields(self):
            section = getattr(self, section_field.name)
            for entry in dataclasses.fields(section):
                yield f'{section_field.name}.{entry.name}', entry, getattr(section, entry.name)


def check_value(path: str, entry: dataclasses.Field, value: Any) -> Any:
    """Return ``value`` as the setting's type; raise ConfigError if it does not fit."""
    kind = type(entry.default)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float and is_number:
        value = float(value)
    elif kind is int and is_number and value == int(value):
        value = int(value)
    if type(value) is not kind:
        raise ConfigError(f'{path} is {value!r}: it takes {_article(kind)}')
    low, high, choices = (entry.metadata[key] for key in ('low', 'high', 'choices'))
    if choices and value not in choices:
        raise ConfigError(f'{path} is {value!r}: choose one of {", ".join(choices)}')
    if low is not None and not low <= value <= high:
        raise ConfigError(f'{path} is {value}: it takes {low} to {high}')
    return value


def _article(kind: type) -> str:
    names = {int: 'a whole number', float: 'a number', str: 'text', bool: 'true or false'}
    return names[kind]


def _translate_ancestor(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ``values`` with aerial_map_retrieval's names replaced by ours."""
    sections = {
        name: dict(entries) if isinstance(entries, Mapping) else entries
        for name, entries in values.items()
    }
    vocabulary = _pop(sections, 'model', 'vocab_path')
    if vocabulary is not None:
        sections.setdefault('vlad', {})['vocabulary'] = str(vocabulary)
    target_size = _pop(sections, 'preprocessing', 'target_size')
    if target_size is not None:
        sections.setdefault('preprocess', {})['max_side'] = target_size
    patch_size = _pop(sections, 'preprocessing', 'patch_size')
    if patch_size not in (None, 14):
        raise ConfigError(f'preprocessing.patch_size is {patch_size!r}: DINOv2 patches are 14 px')
    use_gpu = _pop(sections, 'retrieval', 'use_gpu')
    if use_gpu is not None:
        sections['retrieval'].setdefault('backend', 'auto' if use_gpu else 'faiss-cpu')
    if sections.get('preprocessing') == {}:
        del sections['preprocessing']
    return sections


def _pop(sections: dict[str, Any], section: str, name: str) -> Any:
    entries = sections.get(section)
    return entries.pop(name, None) if isinstance(entries, dict) else None
