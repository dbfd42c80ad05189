package io.platen.rest;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** For the OpenAPI document: this endpoint's answer can be JSON's {@code null}. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.METHOD)
public @interface NullableAnswer {}
