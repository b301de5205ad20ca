# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The command itself: its verbs, what each start imports, and the exit codes."""

import json
import subprocess
import sys

import pytest
from visual_navsat.cli import doctor
from visual_navsat.cli.main import main, VERBS

HEAVY = ('torch', 'numpy', 'cv2', 'pandas', 'scipy', 'faiss', 'yaml')


def modules_after(*words: str) -> set[str]:
    """Return the modules that a start of the command has imported when it ends."""
    program = (
        'import json, sys\n'
        'from visual_navsat.cli.main import main\n'
        'try: main(sys.argv[1:])\n'
        'except SystemExit: pass\n'
        'print(json.dumps(list(sys.modules)), file=sys.stderr)\n'
    )
    command = [sys.executable, '-c', program, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_nothing_heavy():
    assert not modules_after('--help') & set(HEAVY)


def test_only_the_verb_that_is_asked_for_is_imported():
    modules = modules_after('doctor', '--help')
    ours = {name for name in modules if name.startswith('visual_navsat.cli.')}
    assert ours == {'visual_navsat.cli.main', 'visual_navsat.cli.doctor'}
    assert 'torch' not in modules


def test_help_says_what_each_verb_does(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['--help'])
    assert ended.value.code == 0
    text = ' '.join(capsys.readouterr().out.split())
    for verb in VERBS:
        assert f' {verb} ' in text
    assert 'info Print what is in an index folder' in text


@pytest.mark.parametrize('words', [[], ['fly'], ['-x'], ['info'], ['-v', 'info', '--fly']])
def test_a_wrong_command_line_is_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert 'usage: visual-navsat' in capsys.readouterr().err


def test_an_explained_error_is_exit_code_1(tmp_path, capsys):
    assert main(['-v', 'info', str(tmp_path / 'none')]) == 1
    assert capsys.readouterr().err.startswith('visual-navsat info: ')


@pytest.fixture
def verb_of_another_package(tmp_path, monkeypatch):
    """Install a distribution with a verb, as the simulator is one."""
    (tmp_path / 'others_verb.py').write_text(
        '"""Echo a word.\n\nMore about it."""\n\n'
        'import missing_package\n'
        'def add_arguments(parser): parser.add_argument("word")\n'
        'def run(args): print(args.word); return 5\n'
    )
    info = tmp_path / 'others-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: others\nVersion: 1.0\n')
    (info / 'entry_points.txt').write_text('[visual_navsat.verbs]\necho = others_verb\n')
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop('others_verb', None)


def test_verbs_of_other_packages(verb_of_another_package, capsys):
    (verb_of_another_package / 'missing_package.py').touch()
    assert main(['echo', 'hello']) == 5
    assert capsys.readouterr().out == 'hello\n'
    sys.modules.pop('missing_package')


def test_a_verb_is_listed_without_being_imported(verb_of_another_package, capsys):
    with pytest.raises(SystemExit):
        main(['--help'])
    assert 'echo Echo a word.' in ' '.join(capsys.readouterr().out.split())
    assert 'others_verb' not in sys.modules


def test_a_verb_that_cannot_be_imported_names_what_is_missing(verb_of_another_package, capsys):
    assert main(['echo', 'hello']) == 1
    message = capsys.readouterr().err
    assert 'visual-navsat echo: No module named' in message and 'missing_package' in message
    assert 'visual-navsat doctor' in message and message.count('\n') == 1


def test_interrupted_is_exit_code_130(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, 'run', interrupt)
    assert main(['doctor']) == 130
