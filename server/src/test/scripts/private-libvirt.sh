#!/bin/sh
# Runs a libvirt of its own in the foreground, until its standard input ends or it is told to end by SIGTERM.
# usage: private-libvirt.sh DIR     needs root; the socket is DIR/libvirt-sock
#
# Namespaces for mounts, the network and processes keep it apart from a libvirt that this host may have: it has its own
# state, its own bridges, and every process of it, guests included, ends with it.
set -eu
if [ "${2:-}" != inside ]; then
  mkdir -p "$1"
  exec unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private "$0" "$1" inside
fi
dir=$1
for state in /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
  mkdir -p $state
  mount -t tmpfs tmpfs $state
done
mkdir -p /var/lib/libvirt/qemu /var/lib/libvirt/dnsmasq
cp -a /etc/libvirt "$dir/etc"
mount --bind "$dir/etc" /etc/libvirt
cat >>/etc/libvirt/libvirtd.conf <<CONF
unix_sock_dir = "$dir"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0777"
auth_unix_rw = "none"
auth_unix_ro = "none"
CONF
cat >>/etc/libvirt/qemu.conf <<CONF
user = "libvirt-qemu"
group = "kvm"
remember_owner = 0
security_driver = "none"
# Libvirt can't take the mount on /dev/kvm below into a /dev of a guest's own.
namespaces = []
CONF
if [ -e /dev/kvm ]; then
  # Guests are emulated, the same everywhere. And a /dev/kvm that root alone may open has libvirt examine QEMU anew for
  # every device of every domain, since the examination is allowed to open it and guests are not.
  : >"$dir/no-kvm"
  chmod 600 "$dir/no-kvm"
  mount --bind "$dir/no-kvm" /dev/kvm
fi
ip link set lo up
virtlogd --pid-file "$dir/virtlogd.pid" >"$dir/virtlogd.log" 2>&1 &
{
  ended=0
  libvirtd --pid-file "$dir/libvirtd.pid" || ended=$?
  echo "libvirtd ended with $ended"
} >"$dir/libvirtd.log" 2>&1 &
cat >/dev/null
