package io.platen.s3store;

import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * Changes the headers that the SDK gives to requests. A put does not wait for "100 Continue", which
 * takes a round trip, and three seconds where a server does not say it; chunks are small enough to
 * be sent in vain.
 */
final class Headers implements ExecutionInterceptor {
  private final boolean fresh;

  /**
   * @param fresh whether each request is to have a connection of its own: one that was kept may
   *     have been closed by the server, and what is sent once may not be tried again then
   */
  Headers(boolean fresh) {
    this.fresh = fresh;
  }

  @Override
  public SdkHttpRequest modifyHttpRequest(
      Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
    SdkHttpRequest.Builder request = context.httpRequest().toBuilder().removeHeader("Expect");
    return fresh ? request.putHeader("Connection", "close").build() : request.build();
  }
}
