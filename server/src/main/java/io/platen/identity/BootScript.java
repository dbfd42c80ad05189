package io.platen.identity;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What a machine is to run when it boots.
 *
 * @param id of the script; a machine runs a script of this id once, where it is to be run once
 * @param text runs by what its first line names, or by /bin/sh
 * @param once at the first boot with it, instead of at each
 */
public record BootScript(String id, String text, boolean once) {
  /**
   * User data for cloud-init: a boothook, which it runs early in each boot, and which puts the
   * script where cloud-init runs what is there late in each boot. So a machine runs what it is to
   * run now, and no longer what it was before, and a copy of it what it is to run itself; "once"
   * counts from when the machine got the script, not from when it was made.
   *
   * @param script null where there is nothing to run
   */
  static String userData(@Nullable BootScript script) {
    return """
        #cloud-boothook
        #!/bin/sh
        # Written by Platen at each start of this machine.
        set -eu
        cloud=/var/lib/cloud
        text=$cloud/scripts/platen-startup
        hook=$cloud/scripts/per-boot/platen-startup
        rm -f "$text" "$hook"
        """
        + (script == null ? "" : script.commands());
  }

  private String commands() {
    String shown = text.startsWith("#!") ? text : "#!/bin/sh\n" + text;
    String ran = "$cloud/instance/sem/platen_startup_" + id;
    return (once ? "ran=%s\n[ ! -e \"$ran\" ] || exit 0\n".formatted(ran) : "")
        + """
        mkdir -p "$cloud/scripts/per-boot"
        (umask 077 && base64 -d >"$text") <<'TEXT'
        %s
        TEXT
        chmod 0700 "$text"
        cat >"$hook" <<HOOK
        #!/bin/sh
        %sexec "$text"
        HOOK
        chmod 0755 "$hook"
        """
            .formatted(
                Base64.getMimeEncoder(76, new byte[] {'\n'})
                    .encodeToString(shown.getBytes(StandardCharsets.UTF_8)),
                once ? ": >\"$ran\"\n" : "");
  }
}
