package io.platen.model;

/**
 * What a disk holds, and what it takes to boot it: a template has it from the machine that it was
 * captured from, and a machine from the template that it was launched from.
 *
 * @param agentType such as LinuxHeadless
 * @param label for people to read
 * @param architecture of the processor, such as x86_64
 * @param firmware bios or uefi
 */
public record OperatingSystem(
    String agentType, String label, String architecture, String firmware) {}
