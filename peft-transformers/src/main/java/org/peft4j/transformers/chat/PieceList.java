package org.peft4j.transformers.chat;

import java.util.ArrayList;
import java.util.List;

/** A text as it is taken apart, from its start to its end. */
final class PieceList {

  private final String text;
  private final List<Piece> pieces = new ArrayList<>();
  private int end;

  PieceList(String text) {
    this.text = text;
  }

  int end() {
    return end;
  }

  /** What the model says next, whether it is learned or not. */
  void said(int from, int to, boolean learned) {
    add(end, from, false);
    add(from, to, learned);
    end = to;
  }

  List<Piece> all() {
    add(end, text.length(), false);
    end = text.length();
    return List.copyOf(pieces);
  }

  private void add(int from, int to, boolean said) {
    if (to > from) {
      pieces.add(new Piece(text.substring(from, to), said));
    }
  }
}
