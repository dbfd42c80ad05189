package io.platen.job;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/**
 * A data source that gives out the connection of a transaction under way, so that a library that
 * asks for connections of its own writes inside that transaction. Closing what it gives out does
 * nothing; the transaction's owner commits.
 */
public final class TransactionDataSource {
  private TransactionDataSource() {}

  public static DataSource of(Connection transaction) {
    var loader = TransactionDataSource.class.getClassLoader();
    var connection =
        Proxy.newProxyInstance(
            loader,
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(transaction, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return (DataSource)
        Proxy.newProxyInstance(
            loader,
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection")) {
                return connection;
              }
              throw new java.sql.SQLFeatureNotSupportedException(method.getName());
            });
  }
}
