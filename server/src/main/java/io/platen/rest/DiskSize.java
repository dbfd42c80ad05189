package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: a number of GB from the list of sizes that disks have. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.FIELD)
public @interface DiskSize {}
