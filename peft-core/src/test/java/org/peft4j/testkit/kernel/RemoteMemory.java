package org.peft4j.testkit.kernel;

import org.peft4j.kernel.Buffer;
import org.peft4j.kernel.DataType;
import org.peft4j.kernel.HostMemory;
import org.peft4j.kernel.Lifetime;
import org.peft4j.kernel.Memory;

/** Memory that nobody finds but its kernels: all else goes over a link. */
final class RemoteMemory implements Memory {

  private final HostMemory hidden;
  private final Link link;
  private final Lifetime lifetime;

  RemoteMemory(DataType type, long length, Link link) {
    this.hidden = HostMemory.allocate(type, length);
    this.link = link;
    this.lifetime = new Lifetime(hidden::close);
  }

  boolean isAt(Link other) {
    return link == other;
  }

  HostMemory hidden() {
    return hidden;
  }

  @Override
  public DataType type() {
    return hidden.type();
  }

  @Override
  public long length() {
    return hidden.length();
  }

  @Override
  public Lifetime lifetime() {
    return lifetime;
  }

  @Override
  public void copyTo(long first, Buffer host) {
    link.carry(new Link.Transfer(true, type(), host.length()));
    hidden.copyTo(first, host);
  }

  @Override
  public void copyFrom(Buffer host, long first) {
    link.carry(new Link.Transfer(false, type(), host.length()));
    hidden.copyFrom(host, first);
  }
}
