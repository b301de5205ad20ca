# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tables as spreadsheets and people write them."""

import pytest
from visual_navsat.errors import MapError
from visual_navsat.table import read_table


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a table from text."""

    def read_text(text, required=()):
        (tmp_path / 'a.csv').write_text(text, encoding='utf-8')
        return read_table(tmp_path / 'a.csv', required, MapError)

    return read_text


def test_rows_are_named_by_their_lines(read):
    table = read('\n a ,B\n\n1,2\n,\n 3 , 4,,\n')
    assert table.text('A').to_dict() == {4: '1', 6: '3'}
    assert table.numbers('b', 'a number').to_dict() == {4: 2.0, 6: 4.0}


def test_a_column_without_a_name_keeps_its_place(read):
    table = read('a,,c\n1,2,3\n')
    assert table.text('c').tolist() == ['3']


def test_columns_that_are_absent_are_empty(read):
    table = read('a\n1\n')
    assert table.text('b').tolist() == ['']
    assert table.numbers('b', 'a number', is_optional=True).isna().all()
    with pytest.raises(MapError, match="line 2: b must be a number, got ''"):
        table.numbers('b', 'a number')


def test_the_first_of_two_columns_of_one_name_counts(read):
    assert read('a_lon,A_long\n1,2\n').text('a_long').tolist() == ['1']


def test_words_that_pandas_takes_for_missing_are_words(read):
    assert read('a\nNA\nnull\nnan\n').text('a').tolist() == ['NA', 'null', 'nan']


@pytest.mark.parametrize('number', ['0.1', '1e-300', '89.999999999999986', '-0.30000000000000004'])
def test_numbers_are_exact(read, number):
    assert read(f'a\n{number}\n').numbers('a', 'a number').tolist() == [float(number)]


def test_an_open_quote_is_no_csv(read):
    with pytest.raises(MapError, match='is not a CSV in UTF-8'):
        read('a,b\n1,"2\n')
