package io.platen.identity;

/**
 * What a machine is to run when it boots.
 *
 * @param everyBoot at each boot, or only at the first
 */
public record StartupScript(String text, boolean everyBoot) {}
