// What every session of ./peft jshell begins with.
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import org.peft4j.*;
import org.peft4j.spec.*;
import org.peft4j.adapter.*;
import org.peft4j.adapters.*;
import org.peft4j.init.*;
import org.peft4j.initializer.*;
import org.peft4j.init.linalg.*;
import org.peft4j.kernel.DataType;
import org.peft4j.tensor.*;
import org.peft4j.train.*;
import org.peft4j.transformers.*;
import org.peft4j.transformers.checkpoint.*;
import org.peft4j.transformers.data.*;
import org.peft4j.transformers.generate.*;
import org.peft4j.transformers.model.*;
import org.peft4j.transformers.text.*;
import org.peft4j.cli.tiny.*;
import org.knowm.xchart.*;

// Writes a picture to a file, says where, and returns it, so that a notebook shows it.
java.awt.image.BufferedImage picture(org.knowm.xchart.internal.chartpart.Chart<?, ?> chart, Path file) throws java.io.IOException {
  BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
  System.out.println("picture: " + file);
  return BitmapEncoder.getBufferedImage(chart);
}
