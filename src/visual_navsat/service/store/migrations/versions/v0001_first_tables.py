# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The tables of the first version."""

from alembic import op
import sqlalchemy as sa

revision = '0001'
down_revision = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        'feature_chunks',
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('capacity', sa.Integer(), nullable=False),
        sa.Column('used', sa.Integer(), nullable=False),
        sa.Column('is_retired', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('number'),
    )
    op.create_table(
        'imports',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('message', sa.Text(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('added', sa.Integer(), nullable=False),
        sa.Column('known', sa.Integer(), nullable=False),
        sa.Column('failed', sa.Integer(), nullable=False),
        sa.Column('is_cancelled', sa.Boolean(), nullable=False),
        sa.Column('owner', sa.Text(), nullable=False),
        sa.Column('heartbeat', sa.DateTime(), nullable=True),
        sa.Column('created', sa.DateTime(), nullable=False),
        sa.Column('updated', sa.DateTime(), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_imports_state', 'imports', ['state'])
    op.create_table(
        'library',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('identity', sa.JSON(), nullable=False),
        sa.Column('dimension', sa.Integer(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.Column('created', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_table(
        'removals',
        sa.Column('revision', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('chunk', sa.Integer(), nullable=False),
        sa.Column('row', sa.Integer(), nullable=False),
        sa.Column('removed', sa.DateTime(), nullable=False),
        sa.Column('is_cleared', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('revision'),
    )
    op.create_index('ix_removals_removed', 'removals', ['removed'])
    op.create_table(
        'search_history',
        sa.Column('id', ROW_NUMBER, nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('time', sa.DateTime(), nullable=False),
        sa.Column('milliseconds', sa.Float(), nullable=False),
        sa.Column('query_file_id', sa.String(length=32), nullable=True),
        sa.Column('top_k', sa.Integer(), nullable=True),
        sa.Column('found', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_search_history_time', 'search_history', ['time'])
    op.create_table(
        'images',
        sa.Column('id', ROW_NUMBER, nullable=False),
        sa.Column('file_id', sa.String(length=32), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('filename', sa.Text(), nullable=False),
        sa.Column('search_name', sa.Text(), nullable=False),
        sa.Column('extension', sa.String(length=8), nullable=False),
        sa.Column('file_size', sa.BigInteger(), nullable=False),
        sa.Column('width', sa.Integer(), nullable=False),
        sa.Column('height', sa.Integer(), nullable=False),
        sa.Column('upload_time', sa.DateTime(), nullable=False),
        sa.Column('taken', sa.DateTime(), nullable=True),
        sa.Column('latitude', sa.Float(), nullable=True),
        sa.Column('longitude', sa.Float(), nullable=True),
        sa.Column('tags', sa.Text(), nullable=False),
        sa.Column('metadata_json', sa.Text(), nullable=False),
        sa.Column('chunk', sa.Integer(), nullable=False),
        sa.Column('row', sa.Integer(), nullable=False),
        sa.Column('revision', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['chunk'], ['feature_chunks.number']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('chunk', 'row'),
        sa.UniqueConstraint('file_id'),
        sa.UniqueConstraint('sha256'),
        sqlite_autoincrement=True,
    )
    op.create_index('ix_images_file_size', 'images', ['file_size'])
    op.create_index('ix_images_place', 'images', ['latitude', 'longitude'])
    op.create_index('ix_images_revision', 'images', ['revision'])
    op.create_index('ix_images_taken', 'images', ['taken'])
    op.create_index('ix_images_upload_time', 'images', ['upload_time'])
