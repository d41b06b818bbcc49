#!/usr/bin/env bash
# Builds a release of the commit that is checked out, into dist/:
#
#   deploy/release.sh 1.2.0                 linux/amd64, and linux/arm64 where there is a cross compiler
#   deploy/release.sh 1.2.0 amd64           only these
#   VERIFY=1 deploy/release.sh 1.2.0        and each once more, from a clone elsewhere with an empty cache, to see that it is the same
#
# Programs are linked statically, so that they run on any Linux of their processor. The same commit, Go and C compiler make the same
# bytes: nothing of this machine, its paths and its clock is in them. Beside the archives lie SHA256SUMS and, for each, an SBOM in the
# form of CycloneDX, with versions and licences of all modules. What cannot be built here is said; nothing is left out silently.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cyclonedx_version=1.9.0
version=${1:?say which version: deploy/release.sh 1.2.0}
shift
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "release: $version is no version, as 1.2.0 or 1.2.0-rc.1" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || { echo "release: the tree has changes that are not committed; a release is one commit" >&2; exit 1; }
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
revision=$(git rev-parse HEAD)
committed=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
host=$(go env GOHOSTARCH)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# compiler prints the C compiler for a processor; nothing where there is none.
compiler() {
  local cross
  case $1 in
    "$host") cross=$(go env CC) ;;
    amd64) cross=x86_64-linux-gnu-gcc ;;
    arm64) cross=aarch64-linux-gnu-gcc ;;
    *) return ;;
  esac
  command -v "${cross%% *}" || true
}

# emulator prints what runs programs of a processor here: nothing for our own, false where there is none.
emulator() {
  case $1 in
    "$host") echo env ;;
    arm64) command -v qemu-aarch64 || command -v qemu-aarch64-static || echo false ;;
    amd64) command -v qemu-x86_64 || command -v qemu-x86_64-static || echo false ;;
  esac
}

# said has the program say something of itself: see cmd/version.go. The Go tool would record as much, but not of a work tree of git's.
said() { echo "-X github.com/odoo-connector/connector/cmd.$1=$2"; }

# tells makes sure that a program says what it is.
tells() {
  local text line
  text=$("$@" version)
  for line in "connector $version" "commit    $revision" "built     $committed"; do
    grep -qxF "$line" <<<"$text" || { echo "release: \`$* version\` does not say '$line', but: $text" >&2; return 1; }
  done
  sed 's/^/release: /' <<<"$text"
}

# program builds the program for a processor into a file.
program() {
  local arch=$1 to=$2
  CGO_ENABLED=1 CC=$(compiler "$arch") GOOS=linux GOARCH=$arch GOFLAGS='' go build -trimpath -buildvcs=false \
    -tags netgo,osusergo,sqlite_omit_load_extension \
    -ldflags "-s -w -buildid= $(said release "$version") $(said revision "$revision") $(said built "$committed") -linkmode external -extldflags '-static -Wl,--build-id=none'" \
    -o "$to" .
}

# archive packs a folder so that the same files make the same archive.
archive() {
  tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w \
    -C "$scratch" -cf - "$1" | gzip -9n >"dist/$1.tar.gz"
}

# build makes the archive of a processor, tries the program where it can be run, and builds it anew to see that it is the same.
build() {
  local arch=$1 name=connector_${version}_linux_$1 run
  run=$(emulator "$arch")
  mkdir -p "$scratch/$name/deploy"
  program "$arch" "$scratch/$name/connector"
  [ -z "${VERIFY:-}" ] || verify "$arch" "$scratch/$name/connector"
  if [ "$run" = false ]; then
    echo "release: linux/$arch was built and not run, and has no manual pages: there is no qemu-user for it"
  else
    tells "$run" "$scratch/$name/connector"
    "$run" "$scratch/$name/connector" man "$scratch/$name/man/man1"
  fi
  cp LICENSE README.md CHANGELOG.md SECURITY.md config.yaml.example "$scratch/$name"
  cp -r deploy/prometheus deploy/grafana "$scratch/$name/deploy"
  [ ! -d deploy/completions ] || cp -r deploy/completions "$scratch/$name/deploy"
  archive "$name"
  sbom "$scratch/$name/connector" "dist/$name.cdx.json"
}

# verify builds a program once more and compares.
verify() {
  git clone -q . "$scratch/clone-$1"
  (cd "$scratch/clone-$1" && GOCACHE=$scratch/cache program "$1" "$scratch/again-$1")
  cmp "$2" "$scratch/again-$1" || { echo "release: a second build for linux/$1 differs" >&2; return 1; }
  echo "release: linux/$1 was built twice, and is the same"
}

# sbom tells what modules a program is made of, and under which licences. They are in the cache of modules, so nothing is asked for; and
# the time is the commit's, as everywhere else.
sbom() {
  GOBIN=$scratch/bin GOFLAGS='' go install -trimpath "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v$cyclonedx_version"
  GOPROXY=off "$scratch/bin/cyclonedx-gomod" bin -json -noserial -std -licenses -version "$version" -output "$2" "$1" 2>"$scratch/sbom.err" ||
    { cat "$scratch/sbom.err" >&2; return 1; }
  sed -i "s/^    \"timestamp\": .*/    \"timestamp\": \"$committed\",/" "$2"
  grep -qF "\"timestamp\": \"$committed\"" "$2" || { echo "release: $2 has no time of its making where one was" >&2; return 1; }
}

rm -rf dist
mkdir dist
[ $# != 0 ] || set -- amd64 arm64
for arch in "$@"; do
  if [ -z "$(compiler "$arch")" ]; then
    echo "release: linux/$arch is not built: there is no C compiler for it (Debian, Ubuntu: apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
    continue
  fi
  build "$arch"
done
(cd dist && sha256sum connector_* >SHA256SUMS && sha256sum --check SHA256SUMS && cat SHA256SUMS)
