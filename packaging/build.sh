#!/usr/bin/env bash
# Makes a package for Debian and a tar of the same files of an application that was built, both the same, byte for byte,
# whenever they are made of the same source with the same JDK.
# usage: build.sh --jdk DIR --app DIR --out DIR --version V --epoch SECONDS [--uncompressed]
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
compress=(xz -T2 -6) suffix=.tar.xz deb=(-Zxz -z6)
while [ $# -gt 0 ]; do
  case $1 in
    # In seconds, for tests.
    --uncompressed) compress=(cat) suffix=.tar deb=(-Znone); shift; continue ;;
    --jdk) jdk=$2 ;;
    --app) app=$2 ;;
    --out) out=$2 ;;
    --version) version=$2 ;;
    --epoch) epoch=$2 ;;
    *) echo "build.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done

export LC_ALL=C SOURCE_DATE_EPOCH=$epoch
umask 022
arch=$(dpkg --print-architecture)
name=platen_${version}_$arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root lib=$work/root/usr/lib/platen doc=$work/root/usr/share/doc/platen
mkdir -p "$lib" "$doc" "$out"

# Java of our own: the modules that the application uses (PackageIT compares them with what jdeps finds), and jcmd to look into it.
modules=java.base,java.compiler,java.desktop,java.management,java.naming,java.net.http,java.rmi,java.security.jgss,java.sql
modules+=,jdk.crypto.ec,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.security.auth,jdk.unsupported,jdk.zipfs
"$jdk/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --compress=zip-6 --output "$lib/runtime"
# Of java.desktop only the classes of beans are used: nothing is drawn or played.
for unused in awt awt_headless awt_xawt fontmanager freetype javajpeg jawt jsound lcms mlib_image splashscreen; do
  rm -f "$lib/runtime/lib/lib$unused.so"
done
# Those of the host that builds; the launcher names those of the host that runs.
rm -f "$lib/runtime/lib/security/cacerts"

cp -r "$app" "$lib/app"
rm -f "$lib/app/quarkus-app-dependencies.txt"
# For one processor and one C library: that of the runtime.
case $arch in amd64) others='aarch64' ;; arm64) others='x86_64 amd64' ;; *) others= ;; esac
for other in $others; do find "$lib/app/native" -type d -name "$other" -prune -exec rm -rf {} +; done
find "$lib/app/native" -type d -name Linux-Musl -prune -exec rm -rf {} +
install -m 755 "$here/platen" "$here/train" "$lib/"
install -m 644 "$here/run.sh" "$lib/"
mkdir -p "$root/usr/bin"
ln -s ../lib/platen/platen "$root/usr/bin/platen"

settings=$("$lib/platen" settings)
mkdir -p "$root/etc/platen"
sed 's|^#data: .*|data: /var/lib/platen|' >"$root/etc/platen/platen.yaml" <<<"$settings"
grep -qx 'data: /var/lib/platen' "$root/etc/platen/platen.yaml"
chmod 640 "$root/etc/platen/platen.yaml"

install -Dm 644 -t "$root/lib/systemd/system" "$here/platen.service" "$here/platen-train.service"
install -Dm 644 "$here/apparmor" "$root/etc/apparmor.d/abstractions/libvirt-qemu.d/platen"
install -Dm 755 "$here/cacerts" "$root/etc/ca-certificates/update.d/platen"

# What the build made for people and their shells, where it did.
for page in "$app"/../man/*.[1-8]; do
  [ -f "$page" ] || continue
  install -Dm 644 -t "$root/usr/share/man/man${page##*.}" "$page"
  gzip -9n "$root/usr/share/man/man${page##*.}/$(basename "$page")"
done
if [ -f "$app/../completion/platen.bash" ]; then
  install -Dm 644 "$app/../completion/platen.bash" "$root/usr/share/bash-completion/completions/platen"
fi
if [ -f "$app/../completion/_platen" ]; then
  install -Dm 644 "$app/../completion/_platen" "$root/usr/share/zsh/vendor-completions/_platen"
fi

install -m 644 "$here/debian/copyright" "$here"/../docs/{operations,hypervisor,configuration,api}.md "$doc/"
gzip -9nc "$here/../CHANGELOG.md" >"$doc/CHANGELOG.md.gz"
gzip -9nc >"$doc/changelog.gz" <<TEXT
platen ($version) stable; urgency=medium

  * See CHANGELOG.md.

 -- Platen maintainers <maintainers@platen.io>  $(date -R -u -d "@$epoch")
TEXT

install -Dm 644 "$here/debian/lintian-overrides" "$root/usr/share/lintian/overrides/platen"
# Whatever the modes of the clone are.
find "$root/usr" -type d -exec chmod 755 {} + -o -type f -perm /u+x -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
find "$root" -exec touch -hd "@$epoch" {} +

# A tar is the same for the same files: sorted, without the owners and times of this build.
tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --transform "s|^\.|platen-$version|" \
  -cf - . | "${compress[@]}" >"$out/$name$suffix"

control=$root/DEBIAN
mkdir "$control"
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)/" \
  "$here/debian/control" >"$control/control"
install -m 644 "$here"/debian/{conffiles,triggers,templates} "$control/"
install -m 755 "$here"/debian/{postinst,prerm,postrm} "$control/"
sed "s/@VERSION@/$version/g" "$here/debian/preinst" >"$control/preinst"
chmod 755 "$control/preinst"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$control/md5sums"
chmod 644 "$control/md5sums"
find "$control" "$root" -maxdepth 0 -exec touch -hd "@$epoch" {} +
dpkg-deb --root-owner-group "${deb[@]}" --build "$root" "$out/$name.deb" >/dev/null

cd "$out"
sha256sum "$name.deb" "$name$suffix" >SHA256SUMS
