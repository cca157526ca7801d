package org.peft4j.listeners;

import java.awt.Dimension;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.knowm.xchart.XYChart;
import org.w3c.dom.DOMImplementation;

/** Charts as SVG. */
final class SvgPicture {

  private static final String NAMESPACE = "http://www.w3.org/2000/svg";

  private SvgPicture() {}

  static void write(XYChart chart, OutputStream bytes) throws IOException {
    SVGGraphics2D graphics = new SVGGraphics2D(dom().createDocument(NAMESPACE, "svg", null));
    graphics.setSVGCanvasSize(new Dimension(chart.getWidth(), chart.getHeight()));
    chart.paint(graphics, chart.getWidth(), chart.getHeight());
    Writer writer = new OutputStreamWriter(bytes, StandardCharsets.UTF_8);
    graphics.stream(writer, true);
    writer.flush();
  }

  private static DOMImplementation dom() {
    try {
      return DocumentBuilderFactory.newDefaultInstance()
          .newDocumentBuilder()
          .getDOMImplementation();
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("the JDK's XML parser cannot be had", e);
    }
  }
}
