# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The settings of the service, by environment variables and ``.env``: the one list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError

_Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Each field is read from the variable of its name in capitals, else from ``.env``."""

    model_config = SettingsConfigDict(
        env_file='.env',
        env_file_encoding='utf-8',
        extra='ignore',
        frozen=True,
        env_ignore_empty=True,
        populate_by_name=True,
        validate_default=True,
    )

    debug: bool = Field(False, description='Tracebacks in the log')
    host: str = Field(
        '127.0.0.1', description='Address to listen on; any but loopback needs API_TOKEN'
    )
    port: int = Field(8000, ge=0, le=65535, description='Port to listen on; 0 takes a free one')
    max_file_size: int = Field(10_485_760, ge=1, description='Largest upload, bytes')
    data_dir: Path = Field(
        Path(), description='Folder of the library; relative folders of others are below it'
    )
    upload_dir: str = Field(
        './uploads',
        description='Folder of the pictures, or a URL for fsspec, such as s3://bucket/uploads',
    )
    features_dir: Path = Field(Path('features'), description='Folder of the descriptors')
    import_dir: Path = Field(
        Path('imports'), description='Folder that imports are read from, and nothing else is'
    )
    max_images_per_chunk: int = Field(
        1000, ge=1, le=1_000_000, description='Images in a file of descriptors'
    )
    database_url: str = Field(
        '',
        description='SQLAlchemy URL, such as postgresql+psycopg://user@host/name; if empty, '
        'library.db in DATA_DIR',
    )
    device: str = Field('auto', description='auto, cpu, cuda or cuda:N')
    dino_model: str = Field(
        '', description='Backbone, such as dinov2_vitg14; if empty, the embedded compact model'
    )
    desc_layer: int = Field(
        31, ge=0, le=39, description='Block of DINO_MODEL to read, 0-based; needs DINO_MODEL'
    )
    desc_facet: Literal['query', 'key', 'value', 'token'] = Field(
        'value', description='Vector of that block'
    )
    vlad_clusters: int | None = Field(
        None, ge=1, le=4096, description="Number of centres; if empty, the vocabulary's"
    )
    vlad_desc_dim: int | None = Field(
        None, ge=1, le=4096, description="Numbers of a patch descriptor; if empty, the model's"
    )
    vlad_vocabulary: str = Field(
        '',
        description='Vocabulary file (c_centers.pt); if empty, that of the library or of the '
        'embedded model',
    )
    exact: bool = Field(False, description='Compare with every image instead of the likeliest')
    maps: _Words = Field(
        (), description='Map indexes for locate, separated by commas: DIR or NAME=DIR'
    )
    api_token: SecretStr | None = Field(
        None, description='Token that requests must carry; needed on any address but loopback'
    )
    allow_anonymous: bool = Field(
        False, description='Serve without a token on any address: for closed networks only'
    )
    expose_location: bool = Field(
        False, description="Give out the positions in photos' EXIF, and search by them"
    )
    cors_origins: _Words = Field(
        (), description='Origins whose pages may call the service, separated by commas'
    )
    workers: int = Field(1, ge=1, le=64, description='Processes that serve one library')
    log_level: Literal['debug', 'info', 'warning', 'error'] = Field(
        'info', description='Least serious messages that are logged'
    )

    @field_validator('maps', 'cors_origins', mode='before')
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(word.strip() for word in value.split(',') if word.strip())

    @field_validator('log_level', 'desc_facet', mode='before')
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @classmethod
    def load(cls, **values: Any) -> Settings:
        """
        Return the settings of the environment.

        :param values: override it.
        :raises ConfigError: naming the variable that is wrong.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            name = '.'.join(str(part) for part in fault['loc'][:1]).upper()
            got = '' if name == 'API_TOKEN' else f', got {fault["input"]!r:.80}'
            raise ConfigError(f'{name}: {_lower_first(fault["msg"])}{got}') from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f'cannot read .env: {error}') from error

    def config(self) -> Config:
        """Return what the describer is made from."""
        config = Config().replace('model.device', self.device)
        if self.dino_model:
            config = config.replace('model.name', self.dino_model)
            config = config.replace('model.layer', self.desc_layer)
            config = config.replace('model.facet', self.desc_facet)
        if self.vlad_clusters:
            config = config.replace('vlad.num_clusters', self.vlad_clusters)
        if self.vlad_vocabulary:
            config = config.replace('vlad.vocabulary', self.vlad_vocabulary)
        return config

    @property
    def features_path(self) -> Path:
        """Folder of the descriptors."""
        return self.data_dir / self.features_dir

    @property
    def imports_path(self) -> Path:
        """Return the folder that imports are read from."""
        return self.data_dir / self.import_dir

    @property
    def uploads(self) -> str:
        """Folder or URL of the pictures."""
        return (
            self.upload_dir if '://' in self.upload_dir else str(self.data_dir / self.upload_dir)
        )

    @property
    def database(self) -> str:
        """URL of the database, as SQLAlchemy takes it."""
        return self.database_url or f'sqlite:///{self.data_dir / "library.db"}'


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
