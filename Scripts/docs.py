#!/usr/bin/env python3
"""Builds the documentation of all targets that have a catalogue, Sources/*/*.docc, as one site. A warning fails it.

usage: Scripts/docs.py BUILD OUTPUT        such as .build/debug .build/documentation

BUILD holds the modules of a debug build: they have what is `package` and internal, with its comments. Symbols are taken from them
with the toolchain's own tools, so that nobody who builds tapedeck pays for a plug-in.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A target's pages can point at those of the targets before it: <doc:/Codecs/AddingACodec>, ``/Recorder/RulePath``.
TARGETS = ['Codecs', 'Recorder', 'Processes', 'TLS', 'Replay', 'Server', 'CLI']


def toolchain():
    """The triple that is built for, and where the compiler's tools are."""
    swift = os.environ.get('SWIFT', 'swift')
    told = json.loads(subprocess.run([swift, '-print-target-info'], check=True, capture_output=True).stdout)
    return told['target']['triple'], pathlib.Path(told['paths']['runtimeResourcePath']).parent.parent / 'bin'


def header_folders():
    """Where the C modules are that the targets import. What was fetched for an earlier source stays there, unused."""
    for pattern in ('Sources/*/module.modulemap', 'Sources/*/include/module.modulemap'):
        for found in sorted(ROOT.glob(pattern)):
            yield found.parent
    for pin in json.loads((ROOT / 'Package.resolved').read_text())['pins']:
        name = pin['location'].rsplit('/', 1)[-1].removesuffix('.git')
        for found in sorted(ROOT.glob(f'.build/checkouts/{name}/Sources/*/include/module.modulemap')):
            yield found.parent


def extract_symbols(target, build, folder, triple, tools):
    folder.mkdir(parents=True)
    # The program has nothing that others could use: what is inside it is what there is to document.
    level = 'internal' if target == 'CLI' else 'package'
    command = [tools / 'swift-symbolgraph-extract', '-module-name', target, '-target', triple, '-I', build / 'Modules',
               '-minimum-access-level', level, '-skip-synthesized-members', '-output-dir', folder]
    for headers in header_folders():
        command += ['-I', headers]
    for module_map in sorted(build.glob('*.build/module.modulemap')):
        command += ['-Xcc', f'-fmodule-map-file={module_map}']
    subprocess.run(command, check=True)


def convert(target, symbols, archives, tools):
    command = [tools / 'docc', 'convert', ROOT / f'Sources/{target}/{target}.docc', '--additional-symbol-graph-dir', symbols,
               '--fallback-display-name', target, '--fallback-bundle-identifier', target, '--warnings-as-errors',
               '--enable-experimental-external-link-support', '--output-path', archives / f'{target}.doccarchive']
    for earlier in TARGETS[:TARGETS.index(target)]:
        archive = archives / f'{earlier}.doccarchive'
        if archive.exists():
            command += ['--dependency', archive]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout.strip(), end='\n' if done.stdout.strip() else '')
    return done.returncode == 0


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split('\n')[2])
    build, output = pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(sys.argv[2]).absolute()
    catalogues = {path.parent.name for path in ROOT.glob('Sources/*/*.docc')}
    if catalogues != set(TARGETS):
        sys.exit(f'Scripts/docs.py and Sources/ differ in the targets with a catalogue: {catalogues ^ set(TARGETS)}')
    triple, tools = toolchain()
    work = output.with_name(output.name + '-parts')
    shutil.rmtree(work, ignore_errors=True)
    failed = []
    for target in TARGETS:
        extract_symbols(target, build, work / 'symbols' / target, triple, tools)
        if not convert(target, work / 'symbols' / target, work, tools):
            failed.append(target)
    if failed:
        sys.exit(f'the documentation of {", ".join(failed)} has warnings')
    shutil.rmtree(output, ignore_errors=True)
    archives = [work / f'{target}.doccarchive' for target in TARGETS]
    subprocess.run([tools / 'docc', 'merge', *archives, '--synthesized-landing-page-name', 'tapedeck',
                    '--synthesized-landing-page-kind', 'Package', '--output-path', output], check=True)
    print(f'{output}: {sum(1 for _ in output.rglob("*.json"))} pages')


if __name__ == '__main__':
    main()
