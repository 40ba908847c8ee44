#!/usr/bin/env bash
# Extracts packages of a newer release of this Debian or Ubuntu, with all they need and that release's own C
# library, into a folder ($1); the others are their names. Nothing is installed, and the machine's apt learns
# nothing of that release: the programs are run by the loader in the folder.
set -euo pipefail

readonly -A NEWER_RELEASE=([debian]="trixie main" [ubuntu]="resolute main universe")

folder=$1
shift
. /etc/os-release
release=${NEWER_RELEASE[$ID]:?no newer release of $ID is known}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p lists/partial cache/archives/partial
# As if nothing were installed, so that all they need comes too.
touch status

# The mirror that the machine uses, and the keyring that its entry names, in either of the two formats.
read -r mirror entry < <(apt-get indextargets --format '$(CODENAME) $(REPO_URI) $(SOURCESENTRY)' \
  'Created-By: Packages' | awk -v release="$VERSION_CODENAME" '$1 == release { print $2, $3; exit }')
keyring=$(grep -ioPm1 'signed-by\s*[:=]\s*\K/[^],\s]+' "${entry%:*}" || true)
echo "deb ${keyring:+[signed-by=$keyring]} $mirror $release" >source.list

apt=(apt-get --quiet --quiet --yes --no-install-recommends -o APT::Sandbox::User=root
  -o "Dir::State::lists=$PWD/lists" -o "Dir::State::status=$PWD/status" -o "Dir::Cache=$PWD/cache"
  -o "Dir::Etc::sourcelist=$PWD/source.list" -o Dir::Etc::sourceparts=-)
"${apt[@]}" update
"${apt[@]}" --download-only install "$@"
for package in cache/archives/*.deb; do dpkg-deb --extract "$package" files; done
mkdir -p "$folder"
cp --archive files/. "$folder"
