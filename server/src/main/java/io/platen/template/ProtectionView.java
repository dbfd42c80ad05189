package io.platen.template;

import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Whether a template is protected, as clients see it: no key of a template says so. */
@Schema(name = "TemplateProtection")
public record ProtectionView(
    @Schema(description = "Whether it can't be deleted until its protection is ended.")
        boolean isProtected) {}
