<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
 <context>
  <name>SkullRestore</name>
  <message>
   <source>The step that runs, or the next one.</source>
   <translation>Der laufende oder der nächste Schritt.</translation>
  </message>
  <message>
   <source>Stops at once; what was there before stays.</source>
   <translation>Hält sofort an; was vorher da war, bleibt.</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Abbrechen</translation>
  </message>
  <message>
   <source>&lt;b&gt;Research use only.&lt;/b&gt; Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>&lt;b&gt;Nur für die Forschung.&lt;/b&gt; Von keiner Behörde zugelassen; jeden Entwurf muss ein qualifizierter Arzt freigeben.</translation>
  </message>
  <message>
   <source>Installs what is missing from wheel files, without a connection to the internet: those of the offline bundle, or of a folder that you choose.</source>
   <translation>Installiert, was fehlt, aus Wheel-Dateien, ohne Internetverbindung: aus denen des Offline-Pakets oder aus einem Ordner, den Sie wählen.</translation>
  </message>
  <message>
   <source>Install from folder</source>
   <translation>Aus Ordner installieren</translation>
  </message>
  <message>
   <source>Makes again what is out of date, with what is shown now.</source>
   <translation>Macht das Veraltete neu, mit dem, was jetzt eingestellt ist.</translation>
  </message>
  <message>
   <source>Restore again</source>
   <translation>Neu rekonstruieren</translation>
  </message>
  <message>
   <source>1. Input</source>
   <translation>1. Eingabe</translation>
  </message>
  <message>
   <source>Head:</source>
   <translation>Kopf:</translation>
  </message>
  <message>
   <source>Head CT in HU, a bone mask, a bone segmentation, or a closed skull model.</source>
   <translation>Kopf-CT in HU, Knochenmaske, Knochensegmentierung oder geschlossenes Schädelmodell.</translation>
  </message>
  <message>
   <source>Makes a synthetic head CT with a hole, and the same head before the operation. Nothing is downloaded; takes some seconds.</source>
   <translation>Erzeugt ein künstliches Kopf-CT mit einem Defekt und denselben Kopf vor der Operation. Nichts wird heruntergeladen; dauert einige Sekunden.</translation>
  </message>
  <message>
   <source>Make a sample head</source>
   <translation>Beispielkopf erzeugen</translation>
  </message>
  <message>
   <source>2. Bone</source>
   <translation>2. Knochen</translation>
  </message>
  <message>
   <source>Halfway between soft tissue and bone. Switch off to set the threshold yourself.</source>
   <translation>Mitte zwischen Weichteilen und Knochen. Ausschalten, um die Schwelle selbst zu wählen.</translation>
  </message>
  <message>
   <source>Threshold from the histogram</source>
   <translation>Schwelle aus dem Histogramm</translation>
  </message>
  <message>
   <source>Threshold:</source>
   <translation>Schwelle:</translation>
  </message>
  <message>
   <source>Bone is at or above this.</source>
   <translation>Ab diesem Wert ist es Knochen.</translation>
  </message>
  <message>
   <source> HU</source>
   <translation> HU</translation>
  </message>
  <message>
   <source>Colours in the slices what the threshold takes as bone.</source>
   <translation>Färbt in den Schichten, was die Schwelle als Knochen nimmt.</translation>
  </message>
  <message>
   <source>Preview in the slices</source>
   <translation>Vorschau in den Schichten</translation>
  </message>
  <message>
   <source>Segments the bone of the skull, without table, head rest and metal.</source>
   <translation>Segmentiert den Schädelknochen, ohne Tisch, Kopfstütze und Metall.</translation>
  </message>
  <message>
   <source>Segment</source>
   <translation>Segmentieren</translation>
  </message>
  <message>
   <source>Edit the bone in Segment Editor, then come back here and restore.</source>
   <translation>Den Knochen im Segment Editor bearbeiten, dann hierher zurückkommen und rekonstruieren.</translation>
  </message>
  <message>
   <source>Open in Segment Editor</source>
   <translation>Im Segment Editor öffnen</translation>
  </message>
  <message>
   <source>Small pieces of bone apart from the skull, such as new bone on the dura. Those inside a defect come first. A click on a row centres all views on the piece.</source>
   <translation>Kleine Knochenstücke abseits des Schädels, etwa neuer Knochen auf der Dura. Die in einem Defekt stehen zuerst. Ein Klick auf eine Zeile zentriert alle Ansichten auf das Stück.</translation>
  </message>
  <message>
   <source>Bone island</source>
   <translation>Knocheninsel</translation>
  </message>
  <message>
   <source>Volume
(mL)</source>
   <translation>Volumen
(ml)</translation>
  </message>
  <message>
   <source>Inside
defect</source>
   <translation>Im
Defekt</translation>
  </message>
  <message>
   <source>Removes every piece inside a defect from the bone, and restores again if there was a restoration.</source>
   <translation>Entfernt alle Stücke in Defekten aus dem Knochen und rekonstruiert neu, falls es eine Rekonstruktion gab.</translation>
  </message>
  <message>
   <source>Remove all inside defects</source>
   <translation>Alle in Defekten entfernen</translation>
  </message>
  <message>
   <source>Removes the selected piece from the bone, and restores again if there was a restoration.</source>
   <translation>Entfernt das gewählte Stück aus dem Knochen und rekonstruiert neu, falls es eine Rekonstruktion gab.</translation>
  </message>
  <message>
   <source>Remove the selected one</source>
   <translation>Gewählte entfernen</translation>
  </message>
  <message>
   <source>3. Restore</source>
   <translation>3. Rekonstruieren</translation>
  </message>
  <message>
   <source>Points per defect:</source>
   <translation>Punkte je Defekt:</translation>
  </message>
  <message>
   <source>Number of reference points per defect.</source>
   <translation>Anzahl der Referenzpunkte je Defekt.</translation>
  </message>
  <message>
   <source>Smallest defect:</source>
   <translation>Kleinster Defekt:</translation>
  </message>
  <message>
   <source>Area of the smallest defect that is restored; smaller ones are only reported.</source>
   <translation>Fläche des kleinsten Defekts, der rekonstruiert wird; kleinere werden nur gemeldet.</translation>
  </message>
  <message>
   <source> cm²</source>
   <translation> cm²</translation>
  </message>
  <message>
   <source>Objects in the holes:</source>
   <translation>Objekte in Defekten:</translation>
  </message>
  <message>
   <source>Old flaps, plates and meshes in a hole: remove them and restore the hole, keep them and restore only the gaps, or automatically keep bone flaps that are level and remove everything else. Always reported.</source>
   <translation>Alte Knochendeckel, Platten und Netze in einem Defekt: entfernen und den Defekt rekonstruieren, behalten und nur die Spalten rekonstruieren, oder automatisch Knochendeckel in richtiger Höhe behalten und alles andere entfernen. Wird immer gemeldet.</translation>
  </message>
  <message>
   <source>Position of the head:</source>
   <translation>Lage des Kopfes:</translation>
  </message>
  <message>
   <source>Where in the scan the face looks and where the vertex is, to set right a head that was recognised wrongly: A front, P back, R right, L left, S top, I bottom of the scan. AS is a patient scanned in the usual way, PS the same back to front. Default: found from the bone.</source>
   <translation>Wohin im Scan das Gesicht blickt und wo der Scheitel ist, um einen falsch erkannten Kopf zu berichtigen: A vorn, P hinten, R rechts, L links, S oben, I unten im Scan. AS ist ein wie üblich untersuchter Patient, PS derselbe mit vertauschtem Vorn und Hinten. Voreinstellung: aus dem Knochen bestimmt.</translation>
  </message>
  <message>
   <source>Finds the defects and restores the lost surface.</source>
   <translation>Findet die Defekte und rekonstruiert die verlorene Oberfläche.</translation>
  </message>
  <message>
   <source>Restore</source>
   <translation>Rekonstruieren</translation>
  </message>
  <message>
   <source>One row for each defect. A click centres all views on it; the tick switches it on or off.</source>
   <translation>Eine Zeile je Defekt. Ein Klick zentriert alle Ansichten auf ihn; der Haken schaltet ihn ein oder aus.</translation>
  </message>
  <message>
   <source>On</source>
   <translation>An</translation>
  </message>
  <message>
   <source>Side</source>
   <translation>Seite</translation>
  </message>
  <message>
   <source>Region</source>
   <translation>Region</translation>
  </message>
  <message>
   <source>Area
(cm²)</source>
   <translation>Fläche
(cm²)</translation>
  </message>
  <message>
   <source>Points</source>
   <translation>Punkte</translation>
  </message>
  <message>
   <source>What was found in the holes, such as an old flap. A ticked object goes, and the hole is restored as if it were not there; one without a tick stays. Restore again after a change. A click centres all views on it.</source>
   <translation>Was in den Defekten gefunden wurde, etwa ein alter Knochendeckel. Ein Objekt mit Häkchen geht, und der Defekt wird rekonstruiert, als wäre es nicht da; eines ohne Häkchen bleibt. Nach einer Änderung erneut rekonstruieren. Ein Klick zentriert alle Ansichten darauf.</translation>
  </message>
  <message>
   <source>Goes</source>
   <translation>Geht</translation>
  </message>
  <message>
   <source>Object</source>
   <translation>Objekt</translation>
  </message>
  <message>
   <source>Sunk
(mm)</source>
   <translation>Tiefe
(mm)</translation>
  </message>
  <message>
   <source>Every click places a point on the skull around a hole that was not found. A right click, Esc, or this button ends it.</source>
   <translation>Jeder Klick setzt einen Punkt auf den Schädel rings um einen nicht gefundenen Defekt. Rechtsklick, Esc oder dieser Knopf beendet es.</translation>
  </message>
  <message>
   <source>Outline a missed defect</source>
   <translation>Defekt umranden</translation>
  </message>
  <message>
   <source>Restores the hole inside the points, or under the paint of the chosen segmentation.</source>
   <translation>Rekonstruiert den Defekt innerhalb der Punkte oder unter dem Gemalten der gewählten Segmentierung.</translation>
  </message>
  <message>
   <source>Add it</source>
   <translation>Hinzufügen</translation>
  </message>
  <message>
   <source>Painted in:</source>
   <translation>Gemalt in:</translation>
  </message>
  <message>
   <source>A segmentation in which a missed hole is painted. Without one, the points of the outline are used.</source>
   <translation>Eine Segmentierung, in die ein übersehener Defekt gemalt ist. Ohne sie gelten die Punkte der Umrandung.</translation>
  </message>
  <message>
   <source>Plan a resection (before the bone is cut)</source>
   <translation>Resektion planen (vor dem Sägen)</translation>
  </message>
  <message>
   <source>Before the bone is cut: draw what is removed. Opening, restored surface, implant and guides are made together.</source>
   <translation>Bevor gesägt wird: einzeichnen, was entfernt wird. Öffnung, rekonstruierte Fläche, Implantat und Führungen entstehen zusammen.</translation>
  </message>
  <message>
   <source>Every click on the skull places a point of the line around what is removed; points can be dragged later, and each has Delete in its own menu, by a right click on it. The head is looked for first. A right click, Esc, or this button ends it.</source>
   <translation>Jeder Klick auf den Schädel setzt einen Punkt der Linie um das, was entfernt wird; Punkte lassen sich später ziehen, und jeder hat in seinem Menü (Rechtsklick) Löschen. Zuerst wird der Kopf gesucht. Ein Rechtsklick, Esc oder diese Schaltfläche beendet es.</translation>
  </message>
  <message>
   <source>Draw the line</source>
   <translation>Linie zeichnen</translation>
  </message>
  <message>
   <source>The next click on the skull draws a circle about it, of the diameter below. Its points can be dragged.</source>
   <translation>Der nächste Klick auf den Schädel zeichnet dort einen Kreis mit dem Durchmesser unten. Seine Punkte lassen sich ziehen.</translation>
  </message>
  <message>
   <source>Circle at a click</source>
   <translation>Kreis per Klick</translation>
  </message>
  <message>
   <source>Diameter of the circle:</source>
   <translation>Durchmesser des Kreises:</translation>
  </message>
  <message>
   <source>A click on the skull draws a circle of this diameter along the surface; of an ellipse it is the length.</source>
   <translation>Ein Klick auf den Schädel zeichnet einen Kreis mit diesem Durchmesser entlang der Oberfläche; bei einer Ellipse ist er die Länge.</translation>
  </message>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>Width of the ellipse:</source>
   <translation>Breite der Ellipse:</translation>
  </message>
  <message>
   <source>Less than 100 % of its length makes the circle an ellipse.</source>
   <translation>Weniger als 100 % ihrer Länge macht den Kreis zur Ellipse.</translation>
  </message>
  <message>
   <source> %</source>
   <translation> %</translation>
  </message>
  <message>
   <source>Turn of the ellipse:</source>
   <translation>Drehung der Ellipse:</translation>
  </message>
  <message>
   <source>Its length against the horizontal, counter-clockwise seen from outside.</source>
   <translation>Ihre Länge gegen die Waagrechte, gegen den Uhrzeigersinn von außen gesehen.</translation>
  </message>
  <message>
   <source>°</source>
   <translation>°</translation>
  </message>
  <message>
   <source>Tumour:</source>
   <translation>Tumor:</translation>
  </message>
  <message>
   <source>A segmentation or a mask of the tumour, in the same place as the head.</source>
   <translation>Eine Segmentierung oder Maske des Tumors, am selben Ort wie der Kopf.</translation>
  </message>
  <message>
   <source>Margin around the tumour:</source>
   <translation>Abstand um den Tumor:</translation>
  </message>
  <message>
   <source>The line runs this far outside a tumour.</source>
   <translation>Die Linie verläuft so weit außerhalb eines Tumors.</translation>
  </message>
  <message>
   <source>Least radius of the line:</source>
   <translation>Kleinster Radius der Linie:</translation>
  </message>
  <message>
   <source>A line around a tumour bends no more sharply than this, so that a saw can follow it; outwards no more sharply than the margin.</source>
   <translation>Eine Linie um einen Tumor ist nicht enger gebogen, damit eine Säge ihr folgen kann; nach außen nicht enger als der Abstand.</translation>
  </message>
  <message>
   <source>Draws the line at the margin around the tumour. Its points can be dragged.</source>
   <translation>Zeichnet die Linie im Abstand um den Tumor. Ihre Punkte lassen sich ziehen.</translation>
  </message>
  <message>
   <source>Line around the tumour</source>
   <translation>Linie um den Tumor</translation>
  </message>
  <message>
   <source>Undoes the last change of the line. Ctrl+Z.</source>
   <translation>Macht die letzte Änderung der Linie rückgängig. Strg+Z.</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>Rückgängig</translation>
  </message>
  <message>
   <source>Redoes what was undone. Ctrl+Y.</source>
   <translation>Stellt das Rückgängiggemachte wieder her. Strg+Y.</translation>
  </message>
  <message>
   <source>Redo</source>
   <translation>Wiederholen</translation>
  </message>
  <message>
   <source>Deletes the line; Undo brings it back.</source>
   <translation>Löscht die Linie; Rückgängig holt sie zurück.</translation>
  </message>
  <message>
   <source>Delete the line</source>
   <translation>Linie löschen</translation>
  </message>
  <message>
   <source>How far the line is from what has to stay, nearest first. Only the frontal sinus is seen in the CT; the others are where they are in most heads: check them.</source>
   <translation>Wie weit die Linie von dem entfernt ist, was bleiben muss, das Nächste zuerst. Nur die Stirnhöhle ist im CT zu sehen; das andere ist, wo es bei den meisten Köpfen ist: prüfen.</translation>
  </message>
  <message>
   <source>Structure</source>
   <translation>Struktur</translation>
  </message>
  <message>
   <source>Distance</source>
   <translation>Abstand</translation>
  </message>
  <message>
   <source>Kerf:</source>
   <translation>Sägespalt:</translation>
  </message>
  <message>
   <source>Width of the groove that saw or burr leaves.</source>
   <translation>Breite der Rille, die Säge oder Fräse hinterlässt.</translation>
  </message>
  <message>
   <source>Side of the kerf:</source>
   <translation>Seite des Sägespalts:</translation>
  </message>
  <message>
   <source>Where the groove is: outside the line, so that the removed piece ends on it; inside, so that the bone does; or half on each side.</source>
   <translation>Wo die Rille ist: außerhalb der Linie, so dass das entfernte Stück dort endet; innerhalb, so dass der Knochen dort endet; oder je zur Hälfte.</translation>
  </message>
  <message>
   <source>Bevel of the wall:</source>
   <translation>Abschrägung der Wand:</translation>
  </message>
  <message>
   <source>The opening narrows inwards by this angle, so that the implant cannot sink.</source>
   <translation>Die Öffnung wird um diesen Winkel nach innen enger, so dass das Implantat nicht einsinken kann.</translation>
  </message>
  <message>
   <source>Make a plate on the bone whose outer edge is the line.</source>
   <translation>Eine Platte auf dem Knochen herstellen, deren Außenrand die Linie ist.</translation>
  </message>
  <message>
   <source>Drawing template</source>
   <translation>Anzeichenschablone</translation>
  </message>
  <message>
   <source>Make a frame outside the line whose inner wall leads saw or burr.</source>
   <translation>Einen Rahmen außerhalb der Linie herstellen, dessen Innenwand Säge oder Fräse führt.</translation>
  </message>
  <message>
   <source>Cutting guide</source>
   <translation>Sägeführung</translation>
  </message>
  <message>
   <source>Make a ring that repeats the edge of the bone that stays, to try and trim a cast implant on the table.</source>
   <translation>Einen Ring herstellen, der den Rand des bleibenden Knochens wiederholt, um ein gegossenes Implantat auf dem Tisch anzuprobieren.</translation>
  </message>
  <message>
   <source>Margin ring</source>
   <translation>Randring</translation>
  </message>
  <message>
   <source>All settings of the plan</source>
   <translation>Alle Einstellungen des Plans</translation>
  </message>
  <message>
   <source>&lt;b&gt;Cut&lt;/b&gt;</source>
   <translation>&lt;b&gt;Schnitt&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Wall:</source>
   <translation>Wand:</translation>
  </message>
  <message>
   <source>The cut is perpendicular to the bone's surface everywhere, or parallel to one direction.</source>
   <translation>Der Schnitt steht überall senkrecht auf der Knochenoberfläche oder ist parallel zu einer Richtung.</translation>
  </message>
  <message>
   <source>Bone not trusted:</source>
   <translation>Fraglicher Knochen:</translation>
  </message>
  <message>
   <source>Bone this far beyond the cut has no say in the restored surface: the tumour may have thickened it.</source>
   <translation>Knochen so weit jenseits des Schnitts zählt für die rekonstruierte Fläche nicht: der Tumor kann ihn verdickt haben.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Guides&lt;/b&gt;</source>
   <translation>&lt;b&gt;Führungen&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Gap under the guides:</source>
   <translation>Spalt unter den Führungen:</translation>
  </message>
  <message>
   <source>Distance between a guide and the bone under it; feet touch it.</source>
   <translation>Abstand zwischen einer Führung und dem Knochen darunter; Füße berühren ihn.</translation>
  </message>
  <message>
   <source>Thickness of the template:</source>
   <translation>Dicke der Schablone:</translation>
  </message>
  <message>
   <source>Thickness of the plate whose edge is the line.</source>
   <translation>Dicke der Platte, deren Rand die Linie ist.</translation>
  </message>
  <message>
   <source>Width of the cutting guide:</source>
   <translation>Breite der Sägeführung:</translation>
  </message>
  <message>
   <source>The guide reaches this far over the bone outside the cut.</source>
   <translation>So weit reicht die Führung außerhalb des Schnitts über den Knochen.</translation>
  </message>
  <message>
   <source>Height of the guiding wall:</source>
   <translation>Höhe der Führungswand:</translation>
  </message>
  <message>
   <source>The wall along which saw or burr is led stands this high over the bone.</source>
   <translation>So hoch steht die Wand, an der Säge oder Fräse geführt wird, über dem Knochen.</translation>
  </message>
  <message>
   <source>Width of the tool at the wall:</source>
   <translation>Breite des Werkzeugs:</translation>
  </message>
  <message>
   <source>Width of what runs along the wall: blade, or shaft of a burr. Default: the kerf.</source>
   <translation>Breite dessen, was an der Wand entlangläuft: Sägeblatt oder Schaft einer Fräse. Vorgabe: der Sägespalt.</translation>
  </message>
  <message>
   <source>as the kerf</source>
   <translation>wie der Sägespalt</translation>
  </message>
  <message>
   <source>Feet of the cutting guide:</source>
   <translation>Füße der Sägeführung:</translation>
  </message>
  <message>
   <source>Number of feet on arms around the guide, or each of its parts, placed where they leave it the least play; 0 makes it touch the bone all over.</source>
   <translation>Anzahl der Füße an Armen um die Führung oder um jedes ihrer Teile; sie stehen dort, wo die Führung am wenigsten Spiel behält. Bei 0 liegt sie überall am Knochen an.</translation>
  </message>
  <message>
   <source>Reach of the feet:</source>
   <translation>Reichweite der Füße:</translation>
  </message>
  <message>
   <source>Feet stand no farther than this from the line, on bone that is exposed anyway.</source>
   <translation>So weit dürfen die Füße von der Linie entfernt stehen: auf Knochen, der ohnehin freigelegt ist.</translation>
  </message>
  <message>
   <source>Parts of a guide:</source>
   <translation>Teile einer Führung:</translation>
  </message>
  <message>
   <source>Template and cutting guide are made of so many parts, each of which goes on along a direction of its own; automatic: of one, and of as few more as pass the checks where one does not.</source>
   <translation>Schablone und Sägeführung bestehen aus so vielen Teilen; jedes wird entlang einer eigenen Richtung aufgesetzt. Automatisch: aus einem Teil, und wo dieses die Prüfungen nicht besteht, aus so wenigen wie möglich.</translation>
  </message>
  <message>
   <source>Windows:</source>
   <translation>Fenster:</translation>
  </message>
  <message>
   <source>Number of windows in the cutting guide, or each of its parts, through which the bone is seen.</source>
   <translation>Anzahl der Fenster in der Sägeführung oder in jedem ihrer Teile, durch die der Knochen zu sehen ist.</translation>
  </message>
  <message>
   <source>Screws of a guide:</source>
   <translation>Schrauben je Führung:</translation>
  </message>
  <message>
   <source>Number of holes for screws in each guide, or each of its parts.</source>
   <translation>Anzahl der Schraubenlöcher in jeder Führung oder in jedem ihrer Teile.</translation>
  </message>
  <message>
   <source>Screw holes of a guide:</source>
   <translation>Schraubenlöcher:</translation>
  </message>
  <message>
   <source>Diameter of the holes for screws.</source>
   <translation>Durchmesser der Schraubenlöcher.</translation>
  </message>
  <message>
   <source>Width of the margin ring:</source>
   <translation>Breite des Randrings:</translation>
  </message>
  <message>
   <source>Width of the ring that repeats the edge of the bone, to try a cast implant in.</source>
   <translation>Breite des Rings, der den Knochenrand wiederholt, um ein gegossenes Implantat anzuprobieren.</translation>
  </message>
  <message>
   <source>Opens the bone along the line, restores its surface, designs the implant, and makes and checks the guides.</source>
   <translation>Öffnet den Knochen entlang der Linie, rekonstruiert seine Fläche, entwirft das Implantat und stellt die Führungen her und prüft sie.</translation>
  </message>
  <message>
   <source>Plan the resection</source>
   <translation>Resektion planen</translation>
  </message>
  <message>
   <source>One row for each guide; the tick shows it. Edge: 95 % of it is this near to the line. A guide that did not pass its checks is withheld.</source>
   <translation>Eine Zeile je Führung; der Haken zeigt sie. Rand: 95 % davon sind so nah an der Linie. Eine Führung, die ihre Prüfungen nicht bestand, wird zurückgehalten.</translation>
  </message>
  <message>
   <source>Guide</source>
   <translation>Führung</translation>
  </message>
  <message>
   <source>Edge
(mm)</source>
   <translation>Rand
(mm)</translation>
  </message>
  <message>
   <source>Checks</source>
   <translation>Prüfung</translation>
  </message>
  <message>
   <source>4. Edit the points</source>
   <translation>4. Punkte bearbeiten</translation>
  </message>
  <message>
   <source>Fullness:</source>
   <translation>Wölbung:</translation>
  </message>
  <message>
   <source>How full the surface is among those that the sound bone allows: 0 is the most likely, at +1 84 of 100 heads are flatter, at -1 84 of 100 are fuller. It passes through the reference points all the same.</source>
   <translation>Wie stark die Fläche gewölbt ist, unter denen, die der gesunde Knochen zulässt: 0 ist die wahrscheinlichste, bei +1 sind 84 von 100 Köpfen flacher, bei -1 sind 84 von 100 stärker gewölbt. Durch die Referenzpunkte geht sie in jedem Fall.</translation>
  </message>
  <message>
   <source> SD</source>
   <translation> SD</translation>
  </message>
  <message>
   <source>Switch off to lift the surface off the bone, or to place points over the hole.</source>
   <translation>Ausschalten, um die Oberfläche vom Knochen abzuheben oder Punkte über dem Defekt zu setzen.</translation>
  </message>
  <message>
   <source>Points snap to the outer table</source>
   <translation>Punkte haften am Knochen</translation>
  </message>
  <message>
   <source>Every click in 3D or in a slice places a point. A right click, Esc, or this button ends it.</source>
   <translation>Jeder Klick in 3D oder in einer Schicht setzt einen Punkt. Rechtsklick, Esc oder dieser Knopf beendet es.</translation>
  </message>
  <message>
   <source>Add points</source>
   <translation>Punkte setzen</translation>
  </message>
  <message>
   <source>Deletes the point that was placed or touched last; a star marks it in the views. Any point has Delete in its own menu, by a right click on it.</source>
   <translation>Löscht den zuletzt gesetzten oder berührten Punkt; ein Stern markiert ihn in den Ansichten. Jeder Punkt hat Löschen auch im eigenen Menü, per Rechtsklick.</translation>
  </message>
  <message>
   <source>Delete last point</source>
   <translation>Letzten löschen</translation>
  </message>
  <message>
   <source>Undoes the last edit: points, fullness, defects, insertion arrows. Ctrl+Z.</source>
   <translation>Macht die letzte Änderung rückgängig: Punkte, Wölbung, Defekte, Einschubpfeile. Strg+Z.</translation>
  </message>
  <message>
   <source>Puts the point that was touched last back where the program placed it.</source>
   <translation>Setzt den zuletzt berührten Punkt dorthin zurück, wo ihn das Programm gesetzt hatte.</translation>
  </message>
  <message>
   <source>Reset last point</source>
   <translation>Letzten zurücksetzen</translation>
  </message>
  <message>
   <source>Puts every point back where the program placed it, deleted ones too.</source>
   <translation>Setzt alle Punkte dorthin zurück, wo sie das Programm gesetzt hatte, auch gelöschte.</translation>
  </message>
  <message>
   <source>Reset all</source>
   <translation>Alle zurücksetzen</translation>
  </message>
  <message>
   <source>5. Implant</source>
   <translation>5. Implantat</translation>
  </message>
  <message>
   <source>Thickness:</source>
   <translation>Dicke:</translation>
  </message>
  <message>
   <source>Thickness of the implant. Has no effect where the inner table is followed.</source>
   <translation>Dicke des Implantats. Ohne Wirkung, wo der inneren Tafel gefolgt wird.</translation>
  </message>
  <message>
   <source>Make the implant as thick as the bone was, instead of equally thick everywhere.</source>
   <translation>Das Implantat so dick machen, wie der Knochen war, statt überall gleich dick.</translation>
  </message>
  <message>
   <source>Follow the inner table</source>
   <translation>Der inneren Tafel folgen</translation>
  </message>
  <message>
   <source>Clearance:</source>
   <translation>Spaltmaß:</translation>
  </message>
  <message>
   <source>Gap between implant and bone, all along the bone's edge.</source>
   <translation>Spalt zwischen Implantat und Knochen, entlang des ganzen Knochenrands.</translation>
  </message>
  <message>
   <source>Bevel:</source>
   <translation>Schräge:</translation>
  </message>
  <message>
   <source>Below its upper edge, the rim leans inwards by this angle.</source>
   <translation>Unterhalb der Oberkante neigt sich der Rand um diesen Winkel nach innen.</translation>
  </message>
  <message>
   <source>Temporal filling:</source>
   <translation>Schläfenfüllung:</translation>
  </message>
  <message>
   <source>Raise the outer face over the temporal fossa, fading out towards the bone, to prevent hollowing where the muscle has wasted.</source>
   <translation>Hebt die Außenfläche über der Schläfengrube an, zum Knochen hin auslaufend, gegen eine Einsenkung bei geschwundenem Muskel.</translation>
  </message>
  <message>
   <source>Drainage holes all over the implant, away from its rim.</source>
   <translation>Drainagelöcher über das ganze Implantat, vom Rand entfernt.</translation>
  </message>
  <message>
   <source>Perforations</source>
   <translation>Perforationen</translation>
  </message>
  <message>
   <source>Fixation:</source>
   <translation>Befestigung:</translation>
  </message>
  <message>
   <source>Tabs with a screw hole on top of the surrounding bone, or flat recesses for plates in the outer face.</source>
   <translation>Laschen mit Schraubenloch auf dem umgebenden Knochen oder flache Vertiefungen für Platten in der Außenfläche.</translation>
  </message>
  <message>
   <source>Material:</source>
   <translation>Material:</translation>
  </message>
  <message>
   <source>Material for which mass and strength are calculated, and whose limits are kept where that is asked.</source>
   <translation>Material, für das Masse und Festigkeit berechnet werden und dessen Grenzen auf Wunsch eingehalten werden.</translation>
  </message>
  <message>
   <source>All settings of the implant</source>
   <translation>Alle Einstellungen des Implantats</translation>
  </message>
  <message>
   <source>&lt;b&gt;Body&lt;/b&gt;</source>
   <translation>&lt;b&gt;Körper&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Minimum thickness:</source>
   <translation>Mindestdicke:</translation>
  </message>
  <message>
   <source>Where the inner table is followed, the implant is at least this thick.</source>
   <translation>Wo der inneren Tafel gefolgt wird, ist das Implantat mindestens so dick.</translation>
  </message>
  <message>
   <source>Depth below the surface:</source>
   <translation>Tiefe unter der Oberfläche:</translation>
  </message>
  <message>
   <source>The outer face is this far below the restored surface.</source>
   <translation>So weit liegt die Außenfläche unter der rekonstruierten Oberfläche.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Edge&lt;/b&gt;</source>
   <translation>&lt;b&gt;Rand&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Rim radius:</source>
   <translation>Randradius:</translation>
  </message>
  <message>
   <source>Radius of the rounding of the rim, outside and inside.</source>
   <translation>Radius der Rundung des Rands, außen und innen.</translation>
  </message>
  <message>
   <source>Minimum rim thickness:</source>
   <translation>Mindestdicke des Rands:</translation>
  </message>
  <message>
   <source>The rim is nowhere thinner than this; a feather edge breaks.</source>
   <translation>Nirgends ist der Rand dünner; eine scharfe Kante bricht.</translation>
  </message>
  <message>
   <source>Radius of the trim line:</source>
   <translation>Radius der Schnittlinie:</translation>
  </message>
  <message>
   <source>Where no bone ends the implant, at the base or the brow, one smooth line does; it is nowhere bent more sharply than this radius.</source>
   <translation>Wo kein Knochen das Implantat begrenzt, an der Basis oder der Braue, tut es eine glatte Linie; nirgends ist sie enger gebogen als dieser Radius.</translation>
  </message>
  <message>
   <source>Least width at the trim line:</source>
   <translation>Kleinste Breite daran:</translation>
  </message>
  <message>
   <source>Next to the trim line, nothing of the implant is narrower than this.</source>
   <translation>Neben der Schnittlinie ist nichts am Implantat schmaler.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Seating&lt;/b&gt;</source>
   <translation>&lt;b&gt;Sitz&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Trim the implant where bone would catch it during insertion; otherwise undercuts are only reported.</source>
   <translation>Das Implantat beschneiden, wo Knochen es beim Einsetzen festhielte; sonst werden Hinterschnitte nur gemeldet.</translation>
  </message>
  <message>
   <source>Trim undercuts</source>
   <translation>Hinterschnitte beschneiden</translation>
  </message>
  <message>
   <source>Onlay rim:</source>
   <translation>Auflagerand:</translation>
  </message>
  <message>
   <source>Width of a thin rim on top of the surrounding bone; 0 for an inlay.</source>
   <translation>Breite eines dünnen Rands auf dem umgebenden Knochen; 0 für eine Einlage.</translation>
  </message>
  <message>
   <source>Thickness of the onlay rim:</source>
   <translation>Dicke des Auflagerands:</translation>
  </message>
  <message>
   <source>How far the rim rises above the bone.</source>
   <translation>Wie weit der Rand über den Knochen ragt.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Holes&lt;/b&gt;</source>
   <translation>&lt;b&gt;Löcher&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Diameter of perforations:</source>
   <translation>Lochdurchmesser:</translation>
  </message>
  <message>
   <source>Diameter of each drainage hole.</source>
   <translation>Durchmesser jedes Drainagelochs.</translation>
  </message>
  <message>
   <source>Distance between perforations:</source>
   <translation>Lochabstand:</translation>
  </message>
  <message>
   <source>Distance between the centres of neighbouring drainage holes.</source>
   <translation>Abstand der Mitten benachbarter Drainagelöcher.</translation>
  </message>
  <message>
   <source>Suture holes:</source>
   <translation>Nahtlöcher:</translation>
  </message>
  <message>
   <source>Number of holes for sutures, evenly spaced along the rim.</source>
   <translation>Anzahl der Löcher für Nähte, gleichmäßig entlang des Rands.</translation>
  </message>
  <message>
   <source>Diameter of suture holes:</source>
   <translation>Durchmesser der Nahtlöcher:</translation>
  </message>
  <message>
   <source>Diameter of each suture hole.</source>
   <translation>Durchmesser jedes Nahtlochs.</translation>
  </message>
  <message>
   <source>Holes to rim:</source>
   <translation>Löcher zum Rand:</translation>
  </message>
  <message>
   <source>Minimum distance from the centre of a hole to the rim.</source>
   <translation>Mindestabstand von der Mitte eines Lochs zum Rand.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Fixation&lt;/b&gt;</source>
   <translation>&lt;b&gt;Befestigung&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Number of fixations:</source>
   <translation>Anzahl der Befestigungen:</translation>
  </message>
  <message>
   <source>Number of tabs or recesses, evenly spaced along the rim. Has no effect where points are named.</source>
   <translation>Anzahl der Laschen oder Vertiefungen, gleichmäßig entlang des Rands. Ohne Wirkung, wenn Punkte genannt sind.</translation>
  </message>
  <message>
   <source>Fixation at points:</source>
   <translation>Befestigung an Punkten:</translation>
  </message>
  <message>
   <source>Reference points at which the tabs or recesses are placed, such as 1-03 and 1-15 (defect and point, as in the points' labels).</source>
   <translation>Referenzpunkte, an denen Laschen oder Vertiefungen sitzen, etwa 1-03 und 1-15 (Defekt und Punkt, wie in der Beschriftung der Punkte).</translation>
  </message>
  <message>
   <source>1-03 1-15</source>
   <translation>1-03 1-15</translation>
  </message>
  <message>
   <source>&lt;b&gt;Parts and mould&lt;/b&gt;</source>
   <translation>&lt;b&gt;Teile und Form&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Parts:</source>
   <translation>Teile:</translation>
  </message>
  <message>
   <source>Make the implant in two or three parts with a lap joint.</source>
   <translation>Das Implantat in zwei oder drei Teilen mit Überlappung herstellen.</translation>
  </message>
  <message>
   <source>Overlap of the joint:</source>
   <translation>Überlappung:</translation>
  </message>
  <message>
   <source>How far the parts overlap at the joint.</source>
   <translation>Wie weit sich die Teile am Stoß überlappen.</translation>
  </message>
  <message>
   <source>Gap at the joint:</source>
   <translation>Spiel am Stoß:</translation>
  </message>
  <message>
   <source>Gap between the parts at the joint.</source>
   <translation>Spalt zwischen den Teilen am Stoß.</translation>
  </message>
  <message>
   <source>Also make the two halves of a mould for casting the implant in PMMA.</source>
   <translation>Auch die beiden Hälften einer Gussform für das Implantat aus PMMA herstellen.</translation>
  </message>
  <message>
   <source>Mould</source>
   <translation>Gussform</translation>
  </message>
  <message>
   <source>&lt;b&gt;Finish&lt;/b&gt;</source>
   <translation>&lt;b&gt;Ausführung&lt;/b&gt;</translation>
  </message>
  <message>
   <source>The onlay rim thins out to 0.3 mm at its edge, so that the scalp has hardly a step. Only for materials that bend: a thin edge of PEEK or titanium holds, one of ceramics breaks.</source>
   <translation>Der aufliegende Rand läuft zu 0,3 mm aus, damit unter der Kopfhaut kaum eine Stufe ist. Nur für biegsame Werkstoffe: ein dünner Rand aus PEEK oder Titan hält, einer aus Keramik bricht.</translation>
  </message>
  <message>
   <source>Feathered onlay edge</source>
   <translation>Auslaufender Rand</translation>
  </message>
  <message>
   <source>Plate:</source>
   <translation>Platte:</translation>
  </message>
  <message>
   <source>Profile of plates and screws: depth and width of the recesses, and diameter of the screw holes in tabs (Resources/plates.json).</source>
   <translation>Profil der Platten und Schrauben: Tiefe und Breite der Vertiefungen und Durchmesser der Schraubenlöcher in Laschen (Resources/plates.json).</translation>
  </message>
  <message>
   <source>The screw holes in tabs are widened to a cone, so that the screws' heads are level with the tabs.</source>
   <translation>Die Schraubenlöcher in Laschen sind kegelig gesenkt, damit die Schraubenköpfe bündig sind.</translation>
  </message>
  <message>
   <source>Countersunk screw holes</source>
   <translation>Gesenkte Schraubenlöcher</translation>
  </message>
  <message>
   <source>Engrave the case code, the side and an arrow that points up into the inner face, 0.3 mm deep, away from holes. A mould has no label.</source>
   <translation>Fallcode, Seite und ein Pfeil nach oben werden 0,3 mm tief in die Innenfläche graviert, abseits von Löchern. Eine Gussform hat keine Beschriftung.</translation>
  </message>
  <message>
   <source>Engraved label</source>
   <translation>Gravierte Beschriftung</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle:</source>
   <translation>Dicke über dem Schläfenmuskel:</translation>
  </message>
  <message>
   <source>Another thickness below the temporal line, where the muscle needs space; 0 for the same everywhere.</source>
   <translation>Andere Dicke unterhalb der Schläfenlinie, wo der Muskel Platz braucht; 0 für überall dieselbe.</translation>
  </message>
  <message>
   <source>Transition at the temporal line:</source>
   <translation>Übergang an der Schläfenlinie:</translation>
  </message>
  <message>
   <source>Over this length along the surface the thickness changes smoothly to that over the temporal muscle.</source>
   <translation>Auf dieser Länge entlang der Oberfläche geht die Dicke weich in die über dem Schläfenmuskel über.</translation>
  </message>
  <message>
   <source>Rim, and what is left next to holes, are at least as thick as the material needs; a thinner body is refused.</source>
   <translation>Rand und Stege neben Löchern sind mindestens so dick, wie das Material es braucht; ein dünnerer Körper wird abgelehnt.</translation>
  </message>
  <message>
   <source>Keep the limits of the material</source>
   <translation>Grenzen des Materials einhalten</translation>
  </message>
  <message>
   <source>The outer half of the mould has a sprue and vents at the highest places of the cavity, the inner half a groove round the implant for what overflows.</source>
   <translation>Die äußere Hälfte der Gussform hat einen Einguss und Entlüftungen an den höchsten Stellen des Hohlraums, die innere eine Rinne um das Implantat für den Überlauf.</translation>
  </message>
  <message>
   <source>Sprue, vents and overflow</source>
   <translation>Einguss, Entlüftung und Überlauf</translation>
  </message>
  <message>
   <source>Wall of the mould:</source>
   <translation>Wand der Gussform:</translation>
  </message>
  <message>
   <source>The halves are hollow from outside: a wall of this thickness with ribs; 0 for solid blocks.</source>
   <translation>Die Hälften sind von außen ausgehöhlt: eine Wand dieser Dicke mit Rippen; 0 für massive Blöcke.</translation>
  </message>
  <message>
   <source>Also make a ring that repeats the bone's edge around the hole, to try and trim a cast implant in.</source>
   <translation>Auch einen Ring herstellen, der den Knochenrand um das Loch nachbildet, um ein gegossenes Implantat anzuprobieren und nachzuarbeiten.</translation>
  </message>
  <message>
   <source>Estimate how far the implant bends and how safe it is under 50 N at its weakest place and under 15 mmHg from inside, in every material. An estimate for research, no proof of strength.</source>
   <translation>Schätzt, wie weit sich das Implantat durchbiegt und wie sicher es ist, bei 50 N an der schwächsten Stelle und bei 15 mmHg von innen, in jedem Material. Eine Schätzung für die Forschung, kein Festigkeitsnachweis.</translation>
  </message>
  <message>
   <source>Estimate of the strength</source>
   <translation>Schätzung der Festigkeit</translation>
  </message>
  <message>
   <source>Raise for the skin:</source>
   <translation>Für die Haut erhöhen:</translation>
  </message>
  <message>
   <source>Raise the outer face where muscle was lost, so that the skin will be as on the other side: over the temporal fossa, or everywhere. Needs a CT in which the other side is sound.</source>
   <translation>Die Außenfläche dort erhöhen, wo Muskel verloren ging, damit die Haut wie auf der anderen Seite wird: über der Schläfengrube oder überall. Braucht ein CT, in dem die andere Seite gesund ist.</translation>
  </message>
  <message>
   <source>Raise at most:</source>
   <translation>Höchstens erhöhen um:</translation>
  </message>
  <message>
   <source>The outer face is raised for the skin by no more than this.</source>
   <translation>Um mehr wird die Außenfläche für die Haut nicht erhöht.</translation>
  </message>
  <message>
   <source>Distance from orbit, jaw and foramina:</source>
   <translation>Abstand zu Orbita, Kiefergelenk und Foramina:</translation>
  </message>
  <message>
   <source>A trim line that is nearer than this to the orbital margin, the joint of the jaw, the ear canal or a foramen of the base is warned of; 0 for no warning.</source>
   <translation>Vor einer Schnittlinie, die näher am Orbitarand, am Kiefergelenk, am Gehörgang oder an einem Foramen der Basis liegt, wird gewarnt; 0 für keine Warnung.</translation>
  </message>
  <message>
   <source>Shows the insertion direction of each implant as an arrow. To change it, drag the blunt end and design again.</source>
   <translation>Zeigt die Einschubrichtung jedes Implantats als Pfeil. Zum Ändern das stumpfe Ende ziehen und neu entwerfen.</translation>
  </message>
  <message>
   <source>Show the insertion direction</source>
   <translation>Einschubrichtung zeigen</translation>
  </message>
  <message>
   <source>Drops the directions of arrows that you moved; the next design finds the insertion directions itself.</source>
   <translation>Verwirft die Richtungen bewegter Pfeile; der nächste Entwurf sucht die Einschubrichtungen selbst.</translation>
  </message>
  <message>
   <source>Find the direction again</source>
   <translation>Richtung neu suchen</translation>
  </message>
  <message>
   <source>Makes a closed body for each defect that is switched on.</source>
   <translation>Erzeugt für jeden eingeschalteten Defekt einen geschlossenen Körper.</translation>
  </message>
  <message>
   <source>Design the implants</source>
   <translation>Implantate entwerfen</translation>
  </message>
  <message>
   <source>Numbers of each implant.</source>
   <translation>Zahlen jedes Implantats.</translation>
  </message>
  <message>
   <source>Implant</source>
   <translation>Implantat</translation>
  </message>
  <message>
   <source>Mass
(g)</source>
   <translation>Masse
(g)</translation>
  </message>
  <message>
   <source>Only one of them can be seen, because their outer faces coincide.</source>
   <translation>Nur eines ist zu sehen, weil ihre Außenflächen zusammenfallen.</translation>
  </message>
  <message>
   <source>Show implants, not surfaces</source>
   <translation>Implantate statt Flächen</translation>
  </message>
  <message>
   <source>6. Compare</source>
   <translation>6. Vergleichen</translation>
  </message>
  <message>
   <source>Skull before:</source>
   <translation>Schädel vorher:</translation>
  </message>
  <message>
   <source>The same patient's skull before the operation: a CT, a segmentation or a model. It is aligned with the restored skull first.</source>
   <translation>Schädel desselben Patienten vor der Operation: CT, Segmentierung oder Modell. Er wird zuerst auf den rekonstruierten Schädel ausgerichtet.</translation>
  </message>
  <message>
   <source>Colours the restored surface by its distance to the skull before.</source>
   <translation>Färbt die rekonstruierte Oberfläche nach ihrem Abstand zum Schädel vorher.</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>Vergleichen</translation>
  </message>
  <message>
   <source>Colours the restored surface by its standard error again.</source>
   <translation>Färbt die rekonstruierte Oberfläche wieder nach ihrem Standardfehler.</translation>
  </message>
  <message>
   <source>Colour by uncertainty</source>
   <translation>Nach Unsicherheit färben</translation>
  </message>
  <message>
   <source>How far the restored surface is from the skull before.</source>
   <translation>Abstand der rekonstruierten Oberfläche vom Schädel vorher.</translation>
  </message>
  <message>
   <source>Defect</source>
   <translation>Defekt</translation>
  </message>
  <message>
   <source>Area
error
(cm²)</source>
   <translation>Flächen-
fehler
(cm²)</translation>
  </message>
  <message>
   <source>Largest
(mm)</source>
   <translation>Größte
(mm)</translation>
  </message>
  <message>
   <source>RMS
(mm)</source>
   <translation>RMS
(mm)</translation>
  </message>
  <message>
   <source>Grade</source>
   <translation>Urteil</translation>
  </message>
  <message>
   <source>7. Export</source>
   <translation>7. Export</translation>
  </message>
  <message>
   <source>Folder:</source>
   <translation>Ordner:</translation>
  </message>
  <message>
   <source>A new or an empty folder, or one that holds an earlier result.</source>
   <translation>Ein neuer oder leerer Ordner, oder einer mit einem früheren Ergebnis.</translation>
  </message>
  <message>
   <source>Otherwise nothing is ever overwritten.</source>
   <translation>Sonst wird nie etwas überschrieben.</translation>
  </message>
  <message>
   <source>Replace an earlier result</source>
   <translation>Früheres Ergebnis ersetzen</translation>
  </message>
  <message>
   <source>The scene contains the CT, with everything that its nodes say about the patient.</source>
   <translation>Die Szene enthält das CT mit allem, was seine Knoten über den Patienten sagen.</translation>
  </message>
  <message>
   <source>The complete scene too (MRB)</source>
   <translation>Auch die ganze Szene (MRB)</translation>
  </message>
  <message>
   <source>Also as:</source>
   <translation>Auch als:</translation>
  </message>
  <message>
   <source>Also write the implants as PLY.</source>
   <translation>Die Implantate auch als PLY schreiben.</translation>
  </message>
  <message>
   <source>PLY</source>
   <translation>PLY</translation>
  </message>
  <message>
   <source>Also write the implants as OBJ.</source>
   <translation>Die Implantate auch als OBJ schreiben.</translation>
  </message>
  <message>
   <source>OBJ</source>
   <translation>OBJ</translation>
  </message>
  <message>
   <source>Also write all implants in one 3MF file.</source>
   <translation>Alle Implantate auch in eine 3MF-Datei schreiben.</translation>
  </message>
  <message>
   <source>3MF</source>
   <translation>3MF</translation>
  </message>
  <message>
   <source>Also write the report as PDF.</source>
   <translation>Den Bericht auch als PDF schreiben.</translation>
  </message>
  <message>
   <source>PDF</source>
   <translation>PDF</translation>
  </message>
  <message>
   <source>Also writes the implants as DICOM objects, an STL for each and one segmentation, and adds them to Slicer's DICOM database, in the study of the CT. These files name the patient. The CT must have been loaded from that database. Off by default.</source>
   <translation>Schreibt die Implantate auch als DICOM-Objekte, je ein STL und eine Segmentierung, und nimmt sie in Slicers DICOM-Datenbank auf, in die Studie des CT. Diese Dateien nennen den Patienten. Das CT muss aus dieser Datenbank geladen sein. Normalerweise aus.</translation>
  </message>
  <message>
   <source>Add to the DICOM database</source>
   <translation>In die DICOM-Datenbank aufnehmen</translation>
  </message>
  <message>
   <source>Writes models, masks, points and the report.</source>
   <translation>Schreibt Modelle, Masken, Punkte und den Bericht.</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>Exportieren</translation>
  </message>
  <message>
   <source>Advanced: views</source>
   <translation>Erweitert: Ansichten</translation>
  </message>
  <message>
   <source>Turns the nearest slice view into the plane through the chosen defect along its insertion direction, which goes down in it, and cuts skull, surface and implant in 3D there. Off by default; switched off, the view shows what it showed before.</source>
   <translation>Dreht die nächstliegende Schichtansicht in die Ebene durch den gewählten Defekt längs seiner Einsetzrichtung, die darin nach unten zeigt, und schneidet dort Schädel, Oberfläche und Implantat in 3D auf. Normalerweise aus; ausgeschaltet zeigt die Ansicht wieder, was sie vorher zeigte.</translation>
  </message>
  <message>
   <source>Section along the insertion direction</source>
   <translation>Schnitt längs der Einsetzrichtung</translation>
  </message>
  <message>
   <source>Turn:</source>
   <translation>Drehung:</translation>
  </message>
  <message>
   <source>Turns the section about the insertion direction. From 0 to 180 °; default 0, along the longest extent of the implant; 90 is across it.</source>
   <translation>Dreht den Schnitt um die Einsetzrichtung. Von 0 bis 180 °; normal 0, längs der größten Ausdehnung des Implantats; 90 ist quer dazu.</translation>
  </message>
  <message>
   <source>Shift:</source>
   <translation>Verschiebung:</translation>
  </message>
  <message>
   <source>Moves the section away from the middle of the defect. From -80 to 80 mm; default 0.</source>
   <translation>Verschiebt den Schnitt aus der Mitte des Defekts. Von -80 bis 80 mm; normal 0.</translation>
  </message>
  <message>
   <source>Draws bone, surface and implant only inside of a box around the chosen defect; drag it by its handles. Off by default.</source>
   <translation>Zeichnet Knochen, Oberfläche und Implantat nur in einem Quader um den gewählten Defekt; ziehen Sie ihn an seinen Griffen. Normalerweise aus.</translation>
  </message>
  <message>
   <source>Only what is inside a box (3D)</source>
   <translation>Nur was in einem Quader ist (3D)</translation>
  </message>
  <message>
   <source>Shows the other side of the head, mirrored, in the place of the restored surface, coloured by the distance in mm; the slices show both lines. No head is symmetric: it shows the difference and judges nothing. Off by default.</source>
   <translation>Zeigt die andere Seite des Kopfes gespiegelt an der Stelle der wiederhergestellten Oberfläche, gefärbt nach dem Abstand in mm; die Schichten zeigen beide Linien. Kein Kopf ist symmetrisch: der Unterschied wird gezeigt, nicht beurteilt. Normalerweise aus.</translation>
  </message>
  <message>
   <source>Other side, mirrored</source>
   <translation>Andere Seite, gespiegelt</translation>
  </message>
  <message>
   <source>Before, after:</source>
   <translation>Vorher, nachher:</translation>
  </message>
  <message>
   <source>Lets surfaces and implants fade: at 0 the skull as it is, at 100 as restored. From 0 to 100 %; default 100.</source>
   <translation>Blendet Oberflächen und Implantate aus: bei 0 der Schädel, wie er ist, bei 100 wiederhergestellt. Von 0 bis 100 %; normal 100.</translation>
  </message>
  <message>
   <source>Keeps a picture of the 3D view as you see it, for the report of the next export; up to 6.</source>
   <translation>Behält ein Bild der 3D-Ansicht, wie Sie sie sehen, für den Bericht des nächsten Exports; bis zu 6.</translation>
  </message>
  <message>
   <source>3D view to report</source>
   <translation>3D-Ansicht in Bericht</translation>
  </message>
  <message>
   <source>Forgets the pictures of your views.</source>
   <translation>Verwirft die Bilder Ihrer Ansichten.</translation>
  </message>
  <message>
   <source>Drop pictures</source>
   <translation>Bilder verwerfen</translation>
  </message>
  <message>
   <source>SkullRestore</source>
   <translation>SkullRestore</translation>
  </message>
  <message>
   <source>Restores the lost surface of the skull from a head CT and designs a printable implant: choose the CT, press Restore, drag reference points to change the surface, design the implant, export. &lt;p&gt;&lt;b&gt;Research use only.&lt;/b&gt; Not cleared by any authority; a qualified clinician must approve every design.&lt;/p&gt;&lt;p&gt;Tutorial: &lt;a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial"&gt;github.com/SkullRestore/SlicerSkullRestore&lt;/a&gt;&lt;/p&gt;</source>
   <translation>Rekonstruiert aus einem Kopf-CT die verlorene Oberfläche des Schädels und entwirft ein druckbares Implantat: CT wählen, Rekonstruieren drücken, Referenzpunkte ziehen, um die Oberfläche zu ändern, Implantat entwerfen, exportieren. &lt;p&gt;&lt;b&gt;Nur für die Forschung.&lt;/b&gt; Von keiner Behörde zugelassen; jeden Entwurf muss ein qualifizierter Arzt freigeben.&lt;/p&gt;&lt;p&gt;Anleitung: &lt;a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial"&gt;github.com/SkullRestore/SlicerSkullRestore&lt;/a&gt;&lt;/p&gt;</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. Weights and shape statistics (CC BY-NC-SA 4.0) were learnt from SkullFix, which was made from CQ500.</source>
   <translation>Methode nach Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. Gewichte und Formstatistik (CC BY-NC-SA 4.0) wurden aus SkullFix gelernt, das aus CQ500 entstand.</translation>
  </message>
  <message>
   <source>The bone could not be segmented.</source>
   <translation>Der Knochen konnte nicht segmentiert werden.</translation>
  </message>
  <message>
   <source>The bone islands could not be removed.</source>
   <translation>Die Knocheninseln konnten nicht entfernt werden.</translation>
  </message>
  <message>
   <source>The skull could not be restored.</source>
   <translation>Der Schädel konnte nicht rekonstruiert werden.</translation>
  </message>
  <message>
   <source>The defect could not be added.</source>
   <translation>Der Defekt konnte nicht hinzugefügt werden.</translation>
  </message>
  <message>
   <source>The line could not be drawn.</source>
   <translation>Die Linie konnte nicht gezeichnet werden.</translation>
  </message>
  <message>
   <source>The resection could not be planned.</source>
   <translation>Die Resektion konnte nicht geplant werden.</translation>
  </message>
  <message>
   <source>The implants could not be designed.</source>
   <translation>Die Implantate konnten nicht entworfen werden.</translation>
  </message>
  <message>
   <source>The skulls could not be compared.</source>
   <translation>Die Schädel konnten nicht verglichen werden.</translation>
  </message>
  <message>
   <source>The result could not be written.</source>
   <translation>Das Ergebnis konnte nicht geschrieben werden.</translation>
  </message>
  <message>
   <source>Test passed.</source>
   <translation>Test bestanden.</translation>
  </message>
  <message>
   <source>Folder with the wheel files</source>
   <translation>Ordner mit den Wheel-Dateien</translation>
  </message>
  <message>
   <source>The packages could not be installed.</source>
   <translation>Die Pakete konnten nicht installiert werden.</translation>
  </message>
  <message>
   <source>The sample could not be made.</source>
   <translation>Das Beispiel konnte nicht erzeugt werden.</translation>
  </message>
  <message>
   <source>Segment Editor could not be opened.</source>
   <translation>Der Segment Editor konnte nicht geöffnet werden.</translation>
  </message>
  <message>
   <source>The bone island could not be removed.</source>
   <translation>Die Knocheninsel konnte nicht entfernt werden.</translation>
  </message>
  <message>
   <source>This could not be changed.</source>
   <translation>Das konnte nicht geändert werden.</translation>
  </message>
  <message>
   <source>SkullRestore could not finish.</source>
   <translation>SkullRestore konnte nicht fertig werden.</translation>
  </message>
  <message>
   <source>Choose a head CT, a bone segmentation or a skull model first.</source>
   <translation>Wählen Sie zuerst ein Kopf-CT, eine Knochensegmentierung oder ein Schädelmodell.</translation>
  </message>
  <message>
   <source>SkullRestore: {step}</source>
   <translation>SkullRestore: {step}</translation>
  </message>
  <message>
   <source>Skipped, because these packages are missing: {packages}</source>
   <translation>Ausgelassen, weil diese Pakete fehlen: {packages}</translation>
  </message>
  <message>
   <source>{doubt} Compare all the same?</source>
   <translation>{doubt} Trotzdem vergleichen?</translation>
  </message>
  <message>
   <source>Head CT for restoration</source>
   <translation>Kopf-CT zum Wiederherstellen</translation>
  </message>
  <message>
   <source>By its headers this CT can be restored.</source>
   <translation>Nach seinen Kopfdaten lässt sich dieses CT wiederherstellen.</translation>
  </message>
  <message>
   <source>This CT cannot be restored:</source>
   <translation>Dieses CT lässt sich nicht wiederherstellen:</translation>
  </message>
  <message>
   <source>Offers head CT for restoration in the module DICOM, with what their headers say.</source>
   <translation>Bietet im Modul DICOM Kopf-CT zum Wiederherstellen an, mit dem, was ihre Kopfdaten sagen.</translation>
  </message>
  <message>
   <source>{series} (head CT for restoration)</source>
   <translation>{series} (Kopf-CT zum Wiederherstellen)</translation>
  </message>
  <message>
   <source>Head CT</source>
   <translation>Kopf-CT</translation>
  </message>
  <message>
   <source>Skull defect</source>
   <translation>Schädeldefekt</translation>
  </message>
  <message>
   <source>Restores the skull a moment after the brush is lifted. On by default.</source>
   <translation>Stellt den Schädel wieder her, kurz nachdem der Pinsel abgesetzt wurde. Normalerweise an.</translation>
  </message>
  <message>
   <source>Restores the skull without the bone that is painted over; moved points are placed anew.</source>
   <translation>Stellt den Schädel ohne den übermalten Knochen wieder her; bewegte Punkte werden neu gesetzt.</translation>
  </message>
  <message>
   <source>Removes the painted segment. Bone that was painted over comes back by Undo only.</source>
   <translation>Entfernt das gemalte Segment. Übermalter Knochen kommt nur durch Rückgängig zurück.</translation>
  </message>
  <message>
   <source>Restore after each stroke</source>
   <translation>Nach jedem Strich herstellen</translation>
  </message>
  <message>
   <source>Restore now</source>
   <translation>Jetzt wiederherstellen</translation>
  </message>
  <message>
   <source>Remove the paint</source>
   <translation>Gemaltes entfernen</translation>
  </message>
  <message>
   <source>What is painted is taken out of the bone. After each stroke its area is shown, and some seconds later the restored surface. Works on the bone of a case of SkullRestore, in slices and in 3D; Shift + mouse wheel changes the size of the brush.</source>
   <translation>Was gemalt ist, wird aus dem Knochen genommen. Nach jedem Strich wird die Fläche angezeigt, einige Sekunden später die wiederhergestellte Oberfläche. Arbeitet auf dem Knochen eines Falles von SkullRestore, in Schichten und in 3D; Umschalt + Mausrad ändert die Größe des Pinsels.</translation>
  </message>
  <message>
   <source>Paint a defect of the skull: where bone is missing, or where it is to be removed.</source>
   <translation>Malt einen Defekt des Schädels: wo Knochen fehlt oder entfernt werden soll.</translation>
  </message>
  <message>
   <source>There is no implant that passed its checks: nothing was added to the DICOM database.</source>
   <translation>Kein Implantat hat seine Prüfungen bestanden: in die DICOM-Datenbank wurde nichts aufgenommen.</translation>
  </message>
  <message>
   <source>The head was not loaded from the DICOM database that is open, or its files are gone: patient and study are not known. Load it in the module DICOM, or leave 'Add to the DICOM database' out.</source>
   <translation>Der Kopf wurde nicht aus der geöffneten DICOM-Datenbank geladen, oder seine Dateien sind nicht mehr da: Patient und Studie sind nicht bekannt. Laden Sie ihn im Modul DICOM, oder wählen Sie 'In die DICOM-Datenbank aufnehmen' ab.</translation>
  </message>
  <message>
   <source>The DICOM database did not take the objects. They are in the folder of the export: import them there.</source>
   <translation>Die DICOM-Datenbank hat die Objekte nicht angenommen. Sie sind im Ordner des Exports: importieren Sie sie von dort.</translation>
  </message>
  <message>
   <source>Added to the DICOM database, in the study of the CT: {names}.</source>
   <translation>In die DICOM-Datenbank aufgenommen, in die Studie des CT: {names}.</translation>
  </message>
  <message>
   <source>SkullRestore needs these Python packages: {packages}. Install them?</source>
   <translation>SkullRestore braucht diese Python-Pakete: {packages}. Installieren?</translation>
  </message>
  <message>
   <source>These Python packages are missing: {packages}. Without a connection to the internet press 'Install from folder' at the top of this panel.</source>
   <translation>Diese Python-Pakete fehlen: {packages}. Drücken Sie ohne Internetverbindung oben auf 'Aus Ordner installieren'.</translation>
  </message>
  <message>
   <source>The folder '{folder}' holds no wheel files of: {packages}. Choose the folder 'wheels' of the offline bundle.</source>
   <translation>Der Ordner '{folder}' enthält keine Wheel-Dateien von: {packages}. Wählen Sie den Ordner 'wheels' des Offline-Pakets.</translation>
  </message>
  <message>
   <source>The wheel files of {packages} are not for this computer: a bundle is made for one system, and for the Python of 3D Slicer 5.12 or newer.</source>
   <translation>Die Wheel-Dateien von {packages} passen nicht zu diesem Computer: Ein Offline-Paket gilt für ein System und das Python von 3D Slicer 5.12 oder neuer.</translation>
  </message>
  <message>
   <source>'Replace an earlier result'</source>
   <translation>„Früheres Ergebnis ersetzen“</translation>
  </message>
  <message>
   <source>'Image Spacing' in the module Volumes</source>
   <translation>„Image Spacing“ im Modul Volumes</translation>
  </message>
  <message>
   <source>This is not the bone of a case. In the module SkullRestore choose the head, press 'Segment', and then 'Open in Segment Editor'.</source>
   <translation>Das ist nicht der Knochen eines Falles. Wählen Sie im Modul SkullRestore den Kopf, drücken Sie 'Segmentieren' und dann 'Im Segment Editor öffnen'.</translation>
  </message>
  <message>
   <source>This case was not opened yet. Open it in the module SkullRestore first.</source>
   <translation>Dieser Fall wurde noch nicht geöffnet. Öffnen Sie ihn zuerst im Modul SkullRestore.</translation>
  </message>
  <message>
   <source>Nothing is painted yet.</source>
   <translation>Noch ist nichts gemalt.</translation>
  </message>
  <message>
   <source>Restoring: {step} …</source>
   <translation>Wiederherstellen: {step} …</translation>
  </message>
  <message>
   <source>Painted: {area} cm² of the vault.</source>
   <translation>Gemalt: {area} cm² des Schädeldachs.</translation>
  </message>
  <message>
   <source>Defect {number}: {area} cm², {side}, {region}. Its restored surface is shown.</source>
   <translation>Defekt {number}: {area} cm², {side}, {region}. Seine wiederhergestellte Oberfläche wird angezeigt.</translation>
  </message>
  <message>
   <source>Choose a head, or make a sample</source>
   <translation>Kopf wählen oder Beispiel</translation>
  </message>
  <message>
   <source>Out of date: restore again</source>
   <translation>Veraltet: neu rekonstruieren</translation>
  </message>
  <message>
   <source>Out of date: design again</source>
   <translation>Veraltet: neu entwerfen</translation>
  </message>
  <message>
   <source>Next: restore</source>
   <translation>Weiter: rekonstruieren</translation>
  </message>
  <message>
   <source>Next: check points, design</source>
   <translation>Weiter: Punkte, Entwurf</translation>
  </message>
  <message>
   <source>Next: export</source>
   <translation>Weiter: exportieren</translation>
  </message>
  <message>
   <source>Exported</source>
   <translation>Exportiert</translation>
  </message>
  <message>
   <source>Design again</source>
   <translation>Neu entwerfen</translation>
  </message>
  <message>
   <source>Choose a head CT. To try it out, make a sample head, and press Restore.</source>
   <translation>Wählen Sie ein Kopf-CT. Zum Ausprobieren: Beispielkopf erzeugen und Rekonstruieren drücken.</translation>
  </message>
  <message>
   <source>a part of its margin is not bone</source>
   <translation>ein Teil des Rands ist kein Knochen</translation>
  </message>
  <message>
   <source>bone all around</source>
   <translation>ringsum Knochen</translation>
  </message>
  <message>
   <source>watertight</source>
   <translation>wasserdicht</translation>
  </message>
  <message>
   <source>NOT WATERTIGHT</source>
   <translation>NICHT WASSERDICHT</translation>
  </message>
  <message>
   <source>OUT OF DATE: the restored surface is not what is chosen now. Restore again, or change it back; it cannot be exported.</source>
   <translation>VERALTET: Die rekonstruierte Oberfläche entspricht nicht der jetzigen Wahl. Rekonstruieren Sie neu oder stellen Sie zurück; sie kann nicht exportiert werden.</translation>
  </message>
  <message>
   <source>Not installed yet: {packages}. You are asked when they are needed.</source>
   <translation>Noch nicht installiert: {packages}. Sie werden gefragt, wenn sie gebraucht werden.</translation>
  </message>
  <message>
   <source>{moved} of {total} points moved or placed by hand.</source>
   <translation>{moved} von {total} Punkten von Hand bewegt oder gesetzt.</translation>
  </message>
  <message>
   <source>Defect {number}: {points} points, {moved} moved, {uncertain} uncertain; {margin}.</source>
   <translation>Defekt {number}: {points} Punkte, {moved} bewegt, {uncertain} unsicher; {margin}.</translation>
  </message>
  <message>
   <source>Implant {number}: {closed}, thickness {thickness} mm; PEEK {peek} g, titanium {titanium} g, PMMA {pmma} g.</source>
   <translation>Implantat {number}: {closed}, Dicke {thickness} mm; PEEK {peek} g, Titan {titanium} g, PMMA {pmma} g.</translation>
  </message>
  <message>
   <source>automatic</source>
   <translation>automatisch</translation>
  </message>
  <message>
   <source>OUT OF DATE: the implant is not what is chosen now. Design it again; an export does so by itself.</source>
   <translation>VERALTET: Das Implantat entspricht nicht der jetzigen Wahl. Entwerfen Sie es neu; ein Export tut das von selbst.</translation>
  </message>
  <message>
   <source>From {low} to {high} {unit}; default {default}.</source>
   <translation>Von {low} bis {high} {unit}; Vorgabe {default}.</translation>
  </message>
  <message>
   <source>The comparison was made with '{name}'.</source>
   <translation>Verglichen wurde mit „{name}“.</translation>
  </message>
  <message>
   <source>Not passed; such an implant is not exported:</source>
   <translation>Nicht bestanden; ein solches Implantat wird nicht exportiert:</translation>
  </message>
  <message>
   <source>No line is drawn yet.</source>
   <translation>Noch ist keine Linie gezeichnet.</translation>
  </message>
  <message>
   <source>&lt;b&gt;{area} cm²&lt;/b&gt;, {length} mm around, least radius {radius} mm; {count} points.</source>
   <translation>&lt;b&gt;{area} cm²&lt;/b&gt;, Umfang {length} mm, kleinster Radius {radius} mm; {count} Punkte.</translation>
  </message>
  <message>
   <source>{guide}: held down by hand it slides by up to {slide} mm and turns by up to {turn}.</source>
   <translation>{guide}: von Hand angedrückt verschiebt sie sich um bis zu {slide} mm und dreht sich um bis zu {turn}.</translation>
  </message>
  <message>
   <source>{count} points. Press 'Draw the line' or 'Plan the resection' to measure it.</source>
   <translation>{count} Punkte. 'Linie zeichnen' oder 'Resektion planen' drücken, um sie zu messen.</translation>
  </message>
  <message>
   <source>{count} points.</source>
   <translation>{count} Punkte.</translation>
  </message>
  <message>
   <source>{guide}: {reason}</source>
   <translation>{guide}: {reason}</translation>
  </message>
  <message>
   <source>{guide}: it is tried on the table, and on no bone.</source>
   <translation>{guide}: wird auf dem Tisch anprobiert, auf keinem Knochen.</translation>
  </message>
  <message>
   <source>The plan is not what is chosen now. Plan again, or change it back; it cannot be exported.</source>
   <translation>Der Plan entspricht nicht der jetzigen Wahl. Neu planen oder zurückändern; so lässt er sich nicht exportieren.</translation>
  </message>
  <message>
   <source>Feet: {feet}.</source>
   <translation>Füße: {feet}.</translation>
  </message>
  <message>
   <source>There is no 3D view in this layout. Choose one with a 3D view.</source>
   <translation>In dieser Anordnung ist keine 3D-Ansicht. Wählen Sie eine mit 3D-Ansicht.</translation>
  </message>
  <message>
   <source>Pictures of your views for the report: {count}.</source>
   <translation>Bilder Ihrer Ansichten für den Bericht: {count}.</translation>
  </message>
  <message>
   <source>Defect {number}: median {median} mm, 95 % within {within} mm; {percent} % compared.</source>
   <translation>Defekt {number}: Median {median} mm, 95 % innerhalb {within} mm; {percent} % verglichen.</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreLib</name>
  <message>
   <source>{1} is {2}: most likely a form that is not read here.</source>
   <translation>{1} ist {2}: wahrscheinlich ein Format, das hier nicht gelesen wird.</translation>
  </message>
  <message>
   <source>{1} stores its values as {2}: most likely a form that is not read here, although the file may be in order.</source>
   <translation>{1} speichert seine Werte als {2}: wahrscheinlich ein Format, das hier nicht gelesen wird, auch wenn die Datei in Ordnung sein mag.</translation>
  </message>
  <message>
   <source>Export it again with plain numbers, such as 16-bit integers.</source>
   <translation>Exportieren Sie sie neu mit einfachen Zahlen, etwa als ganze 16-Bit-Zahlen.</translation>
  </message>
  <message>
   <source>{1} packs its values as {2}: most likely a form that is not read here, although the file may be in order.</source>
   <translation>{1} packt seine Werte als {2}: wahrscheinlich ein Format, das hier nicht gelesen wird, auch wenn die Datei in Ordnung sein mag.</translation>
  </message>
  <message>
   <source>Export it again, without compression or with gzip.</source>
   <translation>Exportieren Sie sie neu, ohne Kompression oder mit gzip.</translation>
  </message>
  <message>
   <source>{1} says that it is of the version {2}: most likely newer than what is read here.</source>
   <translation>{1} nennt die Version {2}: wahrscheinlich neuer als das, was hier gelesen wird.</translation>
  </message>
  <message>
   <source>Export it again in an older version of the format, or as another format.</source>
   <translation>Exportieren Sie sie neu in einer älteren Version des Formats oder in einem anderen Format.</translation>
  </message>
  <message>
   <source>{1} does not begin as a file of its name does: most likely damaged, or a file of another kind under a changed name.</source>
   <translation>{1} beginnt nicht wie eine Datei dieses Namens: wahrscheinlich beschädigt oder eine andere Art von Datei unter geändertem Namen.</translation>
  </message>
  <message>
   <source>Export it again.</source>
   <translation>Exportieren Sie sie neu.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in metres.</source>
   <translation>{1} misst {2}: wahrscheinlich ein Kopf in Metern.</translation>
  </message>
  <message>
   <source>Export it in millimetres{1}.</source>
   <translation>Exportieren Sie sie in Millimetern{1}.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in centimetres.</source>
   <translation>{1} misst {2}: wahrscheinlich ein Kopf in Zentimetern.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in inches.</source>
   <translation>{1} misst {2}: wahrscheinlich ein Kopf in Zoll.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in micrometres, or in millimetres that the header calls metres.</source>
   <translation>{1} misst {2}: wahrscheinlich ein Kopf in Mikrometern oder in Millimetern, die der Dateikopf Meter nennt.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely not a human head, or in an unknown unit.</source>
   <translation>{1} misst {2}: wahrscheinlich kein menschlicher Kopf oder in einer unbekannten Einheit.</translation>
  </message>
  <message>
   <source>Give a scan or a model of one complete head, in millimetres{1}.</source>
   <translation>Geben Sie einen Scan oder ein Modell eines vollständigen Kopfes in Millimetern an{1}.</translation>
  </message>
  <message>
   <source>The slices of {1} are {2} mm apart, and at most {3} mm can be used: most likely a series for viewing, not the thin series of the scan.</source>
   <translation>Die Schichten von {1} liegen {2} mm auseinander, höchstens {3} mm sind brauchbar: wahrscheinlich eine Serie zum Betrachten, nicht die dünne Serie des Scans.</translation>
  </message>
  <message>
   <source>Export the thin-slice series.</source>
   <translation>Exportieren Sie die Serie mit dünnen Schichten.</translation>
  </message>
  <message>
   <source>Each of the {1} images has a series UID of its own: most likely one scan whose UIDs were replaced file by file, as some anonymisers do.</source>
   <translation>Jedes der {1} Bilder hat eine eigene Serien-UID: wahrscheinlich ein Scan, dessen UIDs Datei für Datei ersetzt wurden, wie es manche Anonymisierer tun.</translation>
  </message>
  <message>
   <source>Anonymise the scan again so that its images keep one common series UID.</source>
   <translation>Anonymisieren Sie den Scan neu, sodass seine Bilder eine gemeinsame Serien-UID behalten.</translation>
  </message>
  <message>
   <source>The images of the series have the IDs of {1} patients: most likely images of several patients under one series UID, or a scan whose IDs were replaced file by file.</source>
   <translation>Die Bilder der Serie tragen die IDs von {1} Patienten: wahrscheinlich Bilder mehrerer Patienten unter einer Serien-UID oder ein Scan, dessen IDs Datei für Datei ersetzt wurden.</translation>
  </message>
  <message>
   <source>Export the CT of one patient again.</source>
   <translation>Exportieren Sie das CT eines Patienten neu.</translation>
  </message>
  <message>
   <source>The file holds {1} frames without a place for each, and without the distance between them: most likely an old multi-frame form that does not say how its images lie.</source>
   <translation>Die Datei enthält {1} Bilder ohne eigenen Ort und ohne Abstand zwischen ihnen: wahrscheinlich ein altes Mehrbildformat, das nicht sagt, wie die Bilder liegen.</translation>
  </message>
  <message>
   <source>Export the CT as single slices, or as an enhanced CT.</source>
   <translation>Exportieren Sie das CT als einzelne Schichten oder als Enhanced CT.</translation>
  </message>
  <message>
   <source>{1} is a DICOM file without a slice: most likely a report, a scout view or a picture.</source>
   <translation>{1} ist eine DICOM-Datei ohne Schicht: wahrscheinlich ein Bericht, ein Übersichtsbild oder ein Foto.</translation>
  </message>
  <message>
   <source>Choose the folder with the CT's image files.</source>
   <translation>Wählen Sie den Ordner mit den Bilddateien des CT.</translation>
  </message>
  <message>
   <source>None of the DICOM files in {1} is a slice of a scan ({2} looked at): most likely scout views, reports, colour pictures made from a CT, or damaged files.</source>
   <translation>Keine der DICOM-Dateien in {1} ist eine Schicht eines Scans ({2} geprüft): wahrscheinlich Übersichtsbilder, Berichte, aus einem CT erzeugte Farbbilder oder beschädigte Dateien.</translation>
  </message>
  <message>
   <source>Export the original CT series.</source>
   <translation>Exportieren Sie die ursprüngliche CT-Serie.</translation>
  </message>
  <message>
   <source>There is a DICOMDIR, but none of the images that it lists: most likely only the table of contents of a disc.</source>
   <translation>Es gibt ein DICOMDIR, aber keines der Bilder, die es aufführt: wahrscheinlich nur das Inhaltsverzeichnis einer CD.</translation>
  </message>
  <message>
   <source>Copy the disc's folders with the images too, and give the folder that holds everything.</source>
   <translation>Kopieren Sie auch die Ordner der CD mit den Bildern und geben Sie den Ordner an, der alles enthält.</translation>
  </message>
  <message>
   <source>The values look like HU + 1024 (soft tissue near {1}, air near {2}): most likely a CT whose rescale intercept was not applied.</source>
   <translation>Die Werte sehen aus wie HU + 1024 (Weichteile bei {1}, Luft bei {2}): wahrscheinlich ein CT, auf das der Rescale Intercept nicht angewandt wurde.</translation>
  </message>
  <message>
   <source>Export the CT in Hounsfield units (HU), with rescale slope and intercept applied.</source>
   <translation>Exportieren Sie das CT in Hounsfield-Einheiten (HU), mit angewandtem Rescale Slope und Intercept.</translation>
  </message>
  <message>
   <source>Air is near {1} and soft tissue near {2}, where a CT has -1000 and 40 HU: most likely a CT with a wrong rescale intercept.</source>
   <translation>Luft liegt bei {1} und Weichteile bei {2}, wo ein CT -1000 und 40 HU hat: wahrscheinlich ein CT mit falschem Rescale Intercept.</translation>
  </message>
  <message>
   <source>Most voxels are near {1}, where a CT has -1000 (air) or 40 HU (soft tissue): most likely a CT without its rescale intercept, or no CT.</source>
   <translation>Die meisten Voxel liegen bei {1}, wo ein CT -1000 (Luft) oder 40 HU (Weichteile) hat: wahrscheinlich ein CT ohne seinen Rescale Intercept oder kein CT.</translation>
  </message>
  <message>
   <source>Soft tissue is {1} above air, where a CT has about 1000 HU: most likely a CT with a wrong rescale slope.</source>
   <translation>Weichteile liegen {1} über Luft, wo ein CT etwa 1000 HU hat: wahrscheinlich ein CT mit falschem Rescale Slope.</translation>
  </message>
  <message>
   <source>The values run from {1} to {2}: most likely a grey image or a CT through a display window, not a CT in Hounsfield units (HU).</source>
   <translation>Die Werte reichen von {1} bis {2}: wahrscheinlich ein Graustufenbild oder ein CT durch ein Anzeigefenster, kein CT in Hounsfield-Einheiten (HU).</translation>
  </message>
  <message>
   <source>Export the original CT.</source>
   <translation>Exportieren Sie das ursprüngliche CT.</translation>
  </message>
  <message>
   <source>The values run from {1} to {2}: most likely a probability map, or a CT that was scaled for a network.</source>
   <translation>Die Werte reichen von {1} bis {2}: wahrscheinlich eine Wahrscheinlichkeitskarte oder ein für ein Netz skaliertes CT.</translation>
  </message>
  <message>
   <source>Give a mask of 0 and 1, or the CT in HU.</source>
   <translation>Geben Sie eine Maske aus 0 und 1 an oder das CT in HU.</translation>
  </message>
  <message>
   <source>Air, or the filling around it, has the value {1}: most likely a CT whose signed values are labelled unsigned.</source>
   <translation>Luft oder die Füllung um sie hat den Wert {1}: wahrscheinlich ein CT, dessen vorzeichenbehaftete Werte als vorzeichenlos bezeichnet sind.</translation>
  </message>
  <message>
   <source>Export the CT again, with its values labelled signed (DICOM: Pixel Representation 1).</source>
   <translation>Exportieren Sie das CT neu, mit als vorzeichenbehaftet bezeichneten Werten (DICOM: Pixel Representation 1).</translation>
  </message>
  <message>
   <source>Air, near {1}, is brighter than soft tissue, near {2}: most likely an inverted image.</source>
   <translation>Luft, bei {1}, ist heller als Weichteile, bei {2}: wahrscheinlich ein invertiertes Bild.</translation>
  </message>
  <message>
   <source>Export the original CT, not an inverted one.</source>
   <translation>Exportieren Sie das ursprüngliche CT, kein invertiertes.</translation>
  </message>
  <message>
   <source>{1} of the bone has exactly the highest value, {2} HU: most likely a CT that was clipped there.</source>
   <translation>{1} des Knochens haben genau den höchsten Wert, {2} HU: wahrscheinlich ein CT, das dort abgeschnitten wurde.</translation>
  </message>
  <message>
   <source>The surface of the bone may be some tenths of a millimetre off; export the CT with its complete range.</source>
   <translation>Die Knochenoberfläche kann um einige Zehntelmillimeter abweichen; exportieren Sie das CT mit vollem Wertebereich.</translation>
  </message>
  <message>
   <source>No value is below {1} HU, and {2} of all have exactly this one: most likely a CT whose air was cut away or stored as 0.</source>
   <translation>Kein Wert liegt unter {1} HU, und {2} aller haben genau diesen: wahrscheinlich ein CT, dessen Luft weggeschnitten oder als 0 gespeichert wurde.</translation>
  </message>
  <message>
   <source>A table or head rest may be taken for bone; export the CT with its complete range if one is in the scan.</source>
   <translation>Ein Tisch oder eine Kopfstütze kann für Knochen gehalten werden; exportieren Sie das CT mit vollem Wertebereich, wenn der Scan so etwas enthält.</translation>
  </message>
  <message>
   <source>Air is near {1} and soft tissue near {2}, where a CT has -1000 and 40 HU: most likely a cone-beam CT, or another one that is not calibrated.</source>
   <translation>Luft liegt bei {1} und Weichteile bei {2}, wo ein CT -1000 und 40 HU hat: wahrscheinlich ein DVT (Kegelstrahl-CT) oder ein anderes nicht kalibriertes CT.</translation>
  </message>
  <message>
   <source>The bone threshold follows the soft tissue; look at the bone before the result is used.</source>
   <translation>Die Knochenschwelle richtet sich nach den Weichteilen; sehen Sie sich den Knochen an, bevor das Ergebnis verwendet wird.</translation>
  </message>
  <message>
   <source>The images were compressed with loss{1}: most likely a copy for viewing.</source>
   <translation>Die Bilder wurden verlustbehaftet komprimiert{1}: wahrscheinlich eine Kopie zum Betrachten.</translation>
  </message>
  <message>
   <source>Fine bone may be blurred; use the original images where there are any.</source>
   <translation>Feiner Knochen kann verwischt sein; verwenden Sie die Originalbilder, falls es welche gibt.</translation>
  </message>
  <message>
   <source>Every second slice is sharper than its neighbours: most likely a scan of two kernels, stored as one series.</source>
   <translation>Jede zweite Schicht ist schärfer als ihre Nachbarn: wahrscheinlich ein Scan mit zwei Kernen, als eine Serie gespeichert.</translation>
  </message>
  <message>
   <source>The {1} sharper slices were used; export one kernel alone to choose.</source>
   <translation>Die {1} schärferen Schichten wurden verwendet; exportieren Sie einen Kern allein, um zu wählen.</translation>
  </message>
  <message>
   <source>There are {1} bodies as large as a skull, {2} mm apart: most likely several skulls in one file.</source>
   <translation>Es gibt {1} Körper von der Größe eines Schädels, {2} mm voneinander entfernt: wahrscheinlich mehrere Schädel in einer Datei.</translation>
  </message>
  <message>
   <source>Save the skull to be restored alone.</source>
   <translation>Speichern Sie den zu rekonstruierenden Schädel allein.</translation>
  </message>
  <message>
   <source>The mask is set around the head and not set in {1} mL inside it: most likely an inverted mask.</source>
   <translation>Die Maske ist um den Kopf gesetzt und in {1} ml darin nicht gesetzt: wahrscheinlich eine invertierte Maske.</translation>
  </message>
  <message>
   <source>Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>Geben Sie eine Maske an, die im Knochen 1 und sonst 0 ist.</translation>
  </message>
  <message>
   <source>{1} of the bone is no thicker than a voxel of {2} mm: most likely a mask or a model whose voxels are too coarse for its thin bone, or a shell without thickness.</source>
   <translation>{1} des Knochens sind nicht dicker als ein Voxel von {2} mm: wahrscheinlich eine Maske oder ein Modell, dessen Voxel für den dünnen Knochen zu grob sind, oder eine Schale ohne Dicke.</translation>
  </message>
  <message>
   <source>Give a mask with smaller voxels, or the CT itself.</source>
   <translation>Geben Sie eine Maske mit kleineren Voxeln an oder das CT selbst.</translation>
  </message>
  <message>
   <source>{1} of the bone is as thin as a voxel, {2} mm: most likely a mask whose voxels are coarse for its thin bone.</source>
   <translation>{1} des Knochens sind so dünn wie ein Voxel, {2} mm: wahrscheinlich eine Maske, deren Voxel für den dünnen Knochen grob sind.</translation>
  </message>
  <message>
   <source>Gaps in thin bone may look like defects; a mask with smaller voxels, or the CT itself, shows more.</source>
   <translation>Unterbrechungen in dünnem Knochen können wie Defekte aussehen; eine Maske mit kleineren Voxeln oder das CT selbst zeigt mehr.</translation>
  </message>
  <message>
   <source>The bone measures {1}, which is too narrow for a complete head: most likely a part of a scan or of a skull.</source>
   <translation>Der Knochen misst {1}, das ist für einen vollständigen Kopf zu schmal: wahrscheinlich ein Teil eines Scans oder eines Schädels.</translation>
  </message>
  <message>
   <source>Give a scan or a model that holds the complete head from its base to the vertex.</source>
   <translation>Geben Sie einen Scan oder ein Modell an, das den ganzen Kopf von der Basis bis zum Scheitel enthält.</translation>
  </message>
  <message>
   <source>Bone ends in a plane over {1} cm² at the {2} of the scan; {3} mm of the head are missing: most likely a part of a scan or of a skull.</source>
   <translation>Knochen endet am Rand des Scans ({2}) über {1} cm² in einer Ebene; {3} mm des Kopfes fehlen: wahrscheinlich ein Teil eines Scans oder eines Schädels.</translation>
  </message>
  <message>
   <source>Bone ends in a plane over {1} cm² at the {2} of the scan, {3} mm below the usual surface: most likely a defect, or the end of the scan.</source>
   <translation>Knochen endet am Rand des Scans ({2}) über {1} cm² in einer Ebene, {3} mm unter der üblichen Oberfläche: wahrscheinlich ein Defekt oder das Ende des Scans.</translation>
  </message>
  <message>
   <source>Where the scan ended there, nothing is known of the bone beyond: do not use the restoration then.</source>
   <translation>Endete der Scan dort, ist über den Knochen jenseits davon nichts bekannt: Verwenden Sie die Rekonstruktion dann nicht.</translation>
  </message>
  <message>
   <source>The volume has {1} million voxels; to restore it takes about {2} GB of memory, and {3} GB are free. Crop it to the head, {4}or close other programs.</source>
   <translation>Das Volumen hat {1} Millionen Voxel; die Rekonstruktion braucht etwa {2} GB Speicher, frei sind {3} GB. Schneiden Sie es auf den Kopf zu, oder schließen Sie andere Programme.</translation>
  </message>
  <message>
   <source>The file Resources/{1} is missing from this installation of SkullRestore; install SkullRestore again.</source>
   <translation>Die Datei Resources/{1} fehlt in dieser Installation von SkullRestore; installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>The file {1} is damaged: its checksum is not the one that was shipped. Install SkullRestore again.</source>
   <translation>Die Datei {1} ist beschädigt: Ihre Prüfsumme ist nicht die ausgelieferte. Installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>Rays are at level {1}, the predicted tables at level {2}; use one grid.</source>
   <translation>Die Strahlen haben Stufe {1}, die Tafeln Stufe {2}; verwenden Sie ein Gitter.</translation>
  </message>
  <message>
   <source>A surface needs at least {1} reference points; {2} were asked for.</source>
   <translation>Eine Oberfläche braucht mindestens {1} Referenzpunkte; verlangt waren {2}.</translation>
  </message>
  <message>
   <source>There is no bone to make a surface of. Lower the bone threshold, or check the mask.</source>
   <translation>Es gibt keinen Knochen, aus dem eine Oberfläche werden könnte. Senken Sie die Knochenschwelle oder prüfen Sie die Maske.</translation>
  </message>
  <message>
   <source>The package 'manifold3d' is needed to draw the skull and is not installed. Install it with pip.</source>
   <translation>Das Paket „manifold3d“ wird gebraucht, um den Schädel zu zeichnen, und ist nicht installiert. Installieren Sie es mit pip.</translation>
  </message>
  <message>
   <source>The package 'fast-simplification' is needed to draw the skull and is not installed. Install it with pip.</source>
   <translation>Das Paket „fast-simplification“ wird gebraucht, um den Schädel zu zeichnen, und ist nicht installiert. Installieren Sie es mit pip.</translation>
  </message>
  <message>
   <source>The model has no faces. Export the skull as a surface of triangles.</source>
   <translation>Das Modell hat keine Flächen. Exportieren Sie den Schädel als Dreiecksoberfläche.</translation>
  </message>
  <message>
   <source>The model has coordinates that are not numbers. Export it again.</source>
   <translation>Das Modell hat Koordinaten, die keine Zahlen sind. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>The model is not closed: {1} % of the lines through it meet an odd number of walls. Export the skull as a closed body with both its tables.</source>
   <translation>Das Modell ist nicht geschlossen: {1} % der Linien durch das Modell treffen eine ungerade Zahl von Wänden. Exportieren Sie den Schädel als geschlossenen Körper mit beiden Tabulae.</translation>
  </message>
  <message>
   <source>The model has holes; up to {1} % of the lines through it were left out, the others filled it.</source>
   <translation>Das Modell hat Löcher; bis zu {1} % der Linien durch das Modell wurden ausgelassen, die anderen füllten es.</translation>
  </message>
  <message>
   <source>The model encloses no volume: it is a surface without thickness. Export the skull as a closed body with both its tables.</source>
   <translation>Das Modell umschließt kein Volumen: Es ist eine Fläche ohne Dicke. Exportieren Sie den Schädel als geschlossenen Körper mit beiden Tabulae.</translation>
  </message>
  <message>
   <source>The model has only flat faces. Export it again.</source>
   <translation>Das Modell hat nur entartete Flächen. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>The model's faces were inside out.</source>
   <translation>Die Flächen des Modells waren nach innen gekehrt.</translation>
  </message>
  <message>
   <source>{1} doubled faces of the model were left out.</source>
   <translation>{1} doppelte Flächen des Modells wurden ausgelassen.</translation>
  </message>
  <message>
   <source>The grid's ijk_to_ras has no inverse: its axes do not span space.</source>
   <translation>Die Matrix ijk_to_ras des Gitters hat keine Inverse: Ihre Achsen spannen den Raum nicht auf.</translation>
  </message>
  <message>
   <source>Voxels of {1} mm are averaged to {2} mm: the restored surface needs no finer ones.</source>
   <translation>Voxel von {1} mm sind zu {2} mm gemittelt: Die wiederhergestellte Oberfläche braucht keine feineren.</translation>
  </message>
  <message>
   <source>Implant {1} ends about {2} mm from the {3}, at least {4} mm are asked for where no bone ends the defect; look at the place, and draw its trim line farther away.</source>
   <translation>Implantat {1} endet ungefähr {2} mm vor: {3}. Mindestens {4} mm sind verlangt, wo kein Knochen den Defekt begrenzt; sehen Sie die Stelle an und zeichnen Sie seine Schnittlinie weiter entfernt.</translation>
  </message>
  <message>
   <source>Implant {1}: its inner face enters {2} over {3} cm². Consider a thinner implant there, and how {4} will be closed.</source>
   <translation>Implantat {1}: Seine Innenfläche ragt auf {3} cm² in {2}. Erwägen Sie dort ein dünneres Implantat und wie {4} verschlossen wird.</translation>
  </message>
  <message>
   <source>Implant {1}: its inner face has no space for a label; it was left out.</source>
   <translation>Implantat {1}: auf der Innenfläche ist kein Platz für eine Beschriftung; sie wurde weggelassen.</translation>
  </message>
  <message>
   <source>Implant {1}: the outer face is raised by up to {2} mm for the skin, which is expected {3} mm from the mirrored skin of the other side, in the mean (95 %: {4} mm); without it {5} mm (95 %: {6} mm).</source>
   <translation>Implantat {1}: Die Außenfläche ist für die Haut um bis zu {2} mm erhöht; die Haut wird im Mittel {3} mm von der gespiegelten Haut der anderen Seite erwartet (95 %: {4} mm), ohne dies {5} mm (95 %: {6} mm).</translation>
  </message>
  <message>
   <source>Defect {1} is too narrow for an implant with {2} mm clearance to the bone; ask for a smaller clearance, or leave this defect without an implant.</source>
   <translation>Defekt {1} ist zu schmal für ein Implantat mit {2} mm Spalt zum Knochen; wählen Sie einen kleineren Spalt oder lassen Sie diesen Defekt ohne Implantat.</translation>
  </message>
  <message>
   <source>Implant {1} is too narrow for a sprue and vents; its mould has none.</source>
   <translation>Implantat {1} ist für Einguss und Entlüftung zu schmal; seine Gussform hat keine.</translation>
  </message>
  <message>
   <source>Around defect {1} there is no bone for a margin ring; make none.</source>
   <translation>Um Defekt {1} ist kein Knochen für einen Randring; verzichten Sie darauf.</translation>
  </message>
  <message>
   <source>A piece of the implant has no volume; ask for fewer parts, or for no mould.</source>
   <translation>Ein Stück des Implantats hat kein Volumen; wählen Sie weniger Teile oder keine Gussform.</translation>
  </message>
  <message>
   <source>Implant {1} has a thin edge for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>Implantat {1} hat für {2} einen dünnen Rand: {3} mm, üblich sind mindestens {4} mm.</translation>
  </message>
  <message>
   <source>Implant {1} has little material next to a hole for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>Implantat {1} hat für {2} wenig Material neben einem Loch: {3} mm, üblich sind mindestens {4} mm.</translation>
  </message>
  <message>
   <source>Implant {1} is thin for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>Implantat {1} ist für {2} dünn: {3} mm, üblich sind mindestens {4} mm.</translation>
  </message>
  <message>
   <source>Implant {1}: {2} mm² of the bone's edge overhang along the insertion direction; {3}.</source>
   <translation>Implantat {1}: {2} mm² des Knochenrands hängen in Einschubrichtung über; {3}.</translation>
  </message>
  <message>
   <source>Implant {1} ends on a trim line{2}; {3} cm² of the defect stay uncovered.</source>
   <translation>Implantat {1} endet an einer Schnittlinie{2}; {3} cm² des Defekts bleiben unbedeckt.</translation>
  </message>
  <message>
   <source>The thickness is from {1} to {2} mm off what was asked, and up to {3} mm were added for the skin.</source>
   <translation>Die Dicke weicht um {1} bis {2} mm vom Verlangten ab, und bis zu {3} mm wurden für die Haut hinzugefügt.</translation>
  </message>
  <message>
   <source>The clearance is {1} mm in the middle, {2} mm were asked for.</source>
   <translation>Der Spalt ist im Mittel {1} mm, verlangt waren {2} mm.</translation>
  </message>
  <message>
   <source>The thickness is {1} mm in the middle, {2} mm were asked for.</source>
   <translation>Die Dicke ist im Mittel {1} mm, verlangt waren {2} mm.</translation>
  </message>
  <message>
   <source>The thickness is from {1} to {2} mm off what was asked at its place.</source>
   <translation>Die Dicke weicht um {1} bis {2} mm von der ab, die an ihrer Stelle verlangt war.</translation>
  </message>
  <message>
   <source>The body covers only {1} % of the defect.</source>
   <translation>Der Körper bedeckt nur {1} % des Defekts.</translation>
  </message>
  <message>
   <source>The body is not closed.</source>
   <translation>Der Körper ist nicht geschlossen.</translation>
  </message>
  <message>
   <source>The body is turned inside out.</source>
   <translation>Der Körper ist umgestülpt.</translation>
  </message>
  <message>
   <source>{1} pairs of triangles cut each other.</source>
   <translation>{1} Dreieckspaare schneiden einander.</translation>
  </message>
  <message>
   <source>The body has {1} triangles, more than {2}.</source>
   <translation>Der Körper hat {1} Dreiecke, mehr als {2}.</translation>
  </message>
  <message>
   <source>Thinning out the triangles moved the surface by {1} mm.</source>
   <translation>Das Ausdünnen der Dreiecke hat die Oberfläche um {1} mm verschoben.</translation>
  </message>
  <message>
   <source>The body reaches into the bone at {1} places.</source>
   <translation>Der Körper ragt an {1} Stellen in den Knochen.</translation>
  </message>
  <message>
   <source>The edge is only {1} mm thick at its thinnest.</source>
   <translation>Der Rand ist an der dünnsten Stelle nur {1} mm dick.</translation>
  </message>
  <message>
   <source>Only {1} mm of material is left next to a hole.</source>
   <translation>Neben einem Loch bleiben nur {1} mm Material.</translation>
  </message>
  <message>
   <source>The label {1}, {2} mm were asked for.</source>
   <translation>Die Beschriftung {1}, verlangt waren {2} mm.</translation>
  </message>
  <message>
   <source>Only {1} mm of material is left under a recess.</source>
   <translation>Unter einer Vertiefung bleiben nur {1} mm Material.</translation>
  </message>
  <message>
   <source>The clearance is only {1} mm at its least.</source>
   <translation>Der Spalt ist an der engsten Stelle nur {1} mm.</translation>
  </message>
  <message>
   <source>The thickness {1}, {2} mm were asked for.</source>
   <translation>Die Dicke {1}, verlangt waren {2} mm.</translation>
  </message>
  <message>
   <source>The thickness is {1} mm off what was asked, in the middle.</source>
   <translation>Die Dicke weicht in der Mitte {1} mm von der verlangten ab.</translation>
  </message>
  <message>
   <source>The body is pinched together at a vertex.</source>
   <translation>Der Körper ist an einem Eckpunkt eingeschnürt.</translation>
  </message>
  <message>
   <source>{1} ({2} of the implant).</source>
   <translation>{1} ({2} des Implantats).</translation>
  </message>
  <message>
   <source>Implant {1}: only {2} of {3} suture holes were made; elsewhere along the rim they would come too near to the rim, or to a recess or tab.</source>
   <translation>Implantat {1}: Nur {2} von {3} Nahtlöchern wurden gebohrt; sonst kämen sie am Rand, einer Aussparung oder einer Lasche zu nahe.</translation>
  </message>
  <message>
   <source>Defect {1}: the insertion direction that was given does not lead into the hole; it runs from outside inwards, for this defect about {2} (right, front, up).</source>
   <translation>Defekt {1}: Die gegebene Einschubrichtung führt nicht in das Loch; sie läuft von außen nach innen, bei diesem Defekt etwa {2} (rechts, vorn, oben).</translation>
  </message>
  <message>
   <source>The implant of defect {1} cannot be split into {2} parts with joints that overlap by {3} mm; ask for fewer parts or a shorter overlap.</source>
   <translation>Das Implantat von Defekt {1} lässt sich nicht in {2} Teile mit {3} mm Überlappung teilen; wählen Sie weniger Teile oder eine kürzere Überlappung.</translation>
  </message>
  <message>
   <source>The margin ring is {1} mm from the implant at its nearest, {2} mm were asked for.</source>
   <translation>Der Randring ist vom Implantat an der engsten Stelle {1} mm entfernt, verlangt waren {2} mm.</translation>
  </message>
  <message>
   <source>Part {1} is {2} mm from the next one at its nearest, {3} mm were asked for.</source>
   <translation>Teil {1} ist vom nächsten an der engsten Stelle {2} mm entfernt, verlangt waren {3} mm.</translation>
  </message>
  <message>
   <source>{1} is up to {2} mm off the implant.</source>
   <translation>{1} weicht bis zu {2} mm vom Implantat ab.</translation>
  </message>
  <message>
   <source>{1} cannot be taken off: {2} mm² of the implant catch in it.</source>
   <translation>{1} lässt sich nicht abnehmen: {2} mm² des Implantats verhaken sich darin.</translation>
  </message>
  <message>
   <source>{1} has {2} open channels, {3} were asked for.</source>
   <translation>{1} hat {2} offene Kanäle, verlangt waren {3}.</translation>
  </message>
  <message>
   <source>{1} is no clean closed body.</source>
   <translation>{1} ist kein sauberer geschlossener Körper.</translation>
  </message>
  <message>
   <source>Implant {1}: there is no reference point {2}; its fixation was left out.</source>
   <translation>Implantat {1}: Es gibt keinen Referenzpunkt {2}; seine Befestigung wurde weggelassen.</translation>
  </message>
  <message>
   <source>Implant {1}: only {2} of {3} fixations were placed; elsewhere along the rim there is no bone level with the surface.</source>
   <translation>Implantat {1}: Nur {2} von {3} Befestigungen wurden gesetzt; sonst gibt es am Rand keinen Knochen auf Höhe der Oberfläche.</translation>
  </message>
  <message>
   <source>No closed body can be made from {1} ({2}); move its reference points and restore it again.</source>
   <translation>Aus {1} lässt sich kein geschlossener Körper machen ({2}); bewegen Sie die Referenzpunkte und rekonstruieren Sie neu.</translation>
  </message>
  <message>
   <source>Implant {1}: its strength was not estimated; it is too small, or a piece of it is held nowhere.</source>
   <translation>Implantat {1}: die Festigkeit wurde nicht geschätzt; es ist zu klein, oder ein Stück davon ist nirgends gehalten.</translation>
  </message>
  <message>
   <source>Implant {1} may break: the estimate gives a safety factor of {2} in {3}, usual are at least {4}. Make it thicker, choose another material, or fix it at more places.</source>
   <translation>Implantat {1} kann brechen: die Schätzung ergibt in {3} eine Sicherheit von {2}, üblich sind mindestens {4}. Machen Sie es dicker, wählen Sie ein anderes Material oder befestigen Sie es an mehr Stellen.</translation>
  </message>
  <message>
   <source>Implant {1} bends by {2} mm in {3}, too far for the estimate of its strength, which is for small deflections.</source>
   <translation>Implantat {1} biegt sich in {3} um {2} mm durch, zu weit für die Schätzung der Festigkeit, die für kleine Durchbiegungen gilt.</translation>
  </message>
  <message>
   <source>The trim line does not cross the implant's outline from one border to the other; draw it across the defect, from bone to bone.</source>
   <translation>Die Schnittlinie quert den Umriss des Implantats nicht; ziehen Sie sie quer über den Defekt, von Knochen zu Knochen.</translation>
  </message>
  <message>
   <source>Pack the head series alone, or unpack it and give the folder.</source>
   <translation>Packen Sie die Kopfserie allein oder entpacken Sie sie und geben Sie den Ordner an.</translation>
  </message>
  <message>
   <source>{1} was refused: it holds a file whose name leads out of its folder. None of it was kept.</source>
   <translation>{1} wurde abgelehnt: Eine Datei darin hat einen Namen, der aus dem Ordner hinausführt. Nichts davon wurde behalten.</translation>
  </message>
  <message>
   <source>{1} was refused: it holds a file whose name is too long, or has characters that no file name should have. Rename it. None of it was kept.</source>
   <translation>{1} wurde abgelehnt: Eine Datei darin hat einen zu langen Namen oder Zeichen, die kein Dateiname haben sollte. Benennen Sie sie um. Nichts davon wurde behalten.</translation>
  </message>
  <message>
   <source>The disk is full: there is no room to unpack the file. Free some space for temporary files, and try again.</source>
   <translation>Der Datenträger ist voll: Zum Entpacken ist kein Platz. Schaffen Sie Platz für temporäre Dateien und versuchen Sie es erneut.</translation>
  </message>
  <message>
   <source>The zip file is empty.</source>
   <translation>Die Zip-Datei ist leer.</translation>
  </message>
  <message>
   <source>The zip file is locked with a password. Pack the folder again without one.</source>
   <translation>Die Zip-Datei ist mit einem Passwort gesperrt. Packen Sie den Ordner neu ohne Passwort.</translation>
  </message>
  <message>
   <source>{1} was refused: the zip file holds links. Pack the files themselves.</source>
   <translation>{1} wurde abgelehnt: Die Zip-Datei enthält Verknüpfungen. Packen Sie die Dateien selbst.</translation>
  </message>
  <message>
   <source>The zip file unpacks to {1} MB in {2} files; {3} MB are accepted. Pack the head series alone.</source>
   <translation>Die Zip-Datei ergibt entpackt {1} MB in {2} Dateien; {3} MB werden angenommen. Packen Sie die Kopfserie allein.</translation>
  </message>
  <message>
   <source>{1} holds more than {2} files.</source>
   <translation>{1} enthält mehr als {2} Dateien.</translation>
  </message>
  <message>
   <source>{1} holds two files of the same name, '{2}'. Pack each series into a folder of its own, or the files as one zip file.</source>
   <translation>{1} enthält zwei Dateien mit demselben Namen, „{2}“. Packen Sie jede Serie in einen eigenen Ordner oder die Dateien als eine Zip-Datei.</translation>
  </message>
  <message>
   <source>{1} is larger than the {2} MB that are accepted.</source>
   <translation>{1} ist größer als die {2} MB, die angenommen werden.</translation>
  </message>
  <message>
   <source>The zip file is damaged or of a kind that cannot be unpacked. Pack the folder again, as a plain zip.</source>
   <translation>Die Zip-Datei ist beschädigt oder von einer Art, die sich nicht entpacken lässt. Packen Sie den Ordner neu, als einfache Zip-Datei.</translation>
  </message>
  <message>
   <source>'{1}' is a gzip file that is damaged or cut off. Export it again.</source>
   <translation>„{1}“ ist eine beschädigte oder abgeschnittene gzip-Datei. Exportieren Sie sie neu.</translation>
  </message>
  <message>
   <source>'{1}' is damaged or was not written by SkullRestore; restore the skull again.</source>
   <translation>„{1}“ ist beschädigt oder nicht von SkullRestore geschrieben; rekonstruieren Sie den Schädel neu.</translation>
  </message>
  <message>
   <source>'{1}' holds no {2}, so it cannot be redesigned; give a folder that this version of `skullrestore restore` has written, or restore again.</source>
   <translation>„{1}“ enthält kein {2} und lässt sich nicht neu entwerfen; geben Sie einen Ordner an, den diese Version von `skullrestore restore` geschrieben hat, oder rekonstruieren Sie neu.</translation>
  </message>
  <message>
   <source>'{1}' was written by another version of SkullRestore; use that version, or restore again.</source>
   <translation>„{1}“ wurde von einer anderen Version von SkullRestore geschrieben; verwenden Sie diese Version oder rekonstruieren Sie neu.</translation>
  </message>
  <message>
   <source>The case needs {1} GB of memory, and {2} GB are free; close other programs.</source>
   <translation>Der Fall braucht {1} GB Speicher, frei sind {2} GB; schließen Sie andere Programme.</translation>
  </message>
  <message>
   <source>A DICOM segmentation needs the package highdicom: pip install highdicom.</source>
   <translation>Für eine DICOM-Segmentierung wird das Paket highdicom gebraucht: pip install highdicom.</translation>
  </message>
  <message>
   <source>{1} is damaged or was not copied completely. Export the series again.</source>
   <translation>{1} ist beschädigt oder nicht vollständig kopiert. Exportieren Sie die Serie noch einmal.</translation>
  </message>
  <message>
   <source>The CT's values go through a lookup table (Modality LUT) instead of a rescale. Export it in Hounsfield units (HU).</source>
   <translation>Die Werte des CT gehen durch eine Tabelle (Modality LUT) statt durch einen Rescale. Exportieren Sie es in Hounsfield-Einheiten (HU).</translation>
  </message>
  <message>
   <source>{1} is no longer there: its drive was lost, or it was moved. Restore again from a copy.</source>
   <translation>{1} ist nicht mehr da: Das Laufwerk ging verloren, oder es wurde verschoben. Rekonstruieren Sie neu aus einer Kopie.</translation>
  </message>
  <message>
   <source>{1} is compressed as {2} and cannot be decoded: it is damaged, or that is not supported. Export it without compression.</source>
   <translation>{1} ist als {2} komprimiert und lässt sich nicht dekodieren: beschädigt, oder das wird nicht unterstützt. Exportieren Sie ohne Kompression.</translation>
  </message>
  <message>
   <source>{1} images of the series with another size or direction were left out.</source>
   <translation>{1} Bilder der Serie mit anderer Größe oder Richtung wurden weggelassen.</translation>
  </message>
  <message>
   <source>{1} slices, voxels of {2} mm.</source>
   <translation>{1} Schichten, Voxel von {2} mm.</translation>
  </message>
  <message>
   <source>The slices are {1} mm apart: the result is coarser than with slices of {2} mm or less.</source>
   <translation>Die Schichten haben {1} mm Abstand: das Ergebnis ist gröber als mit Schichten von höchstens {2} mm.</translation>
  </message>
  <message>
   <source>The slices are unequally spaced: usually {1} mm apart, but {2} mm {3}. Choose a series with equal spacing.</source>
   <translation>Die Schichten haben ungleiche Abstände: meist {1} mm, aber {2} mm {3}. Wählen Sie eine Serie mit gleichen Abständen.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}'. Choose the folder with the CT's files.</source>
   <translation>In '{1}' sind keine DICOM-Bilder. Wählen Sie den Ordner mit den Dateien des CT.</translation>
  </message>
  <message>
   <source>The folder holds {1} images but no CT. SkullRestore needs a CT of the head.</source>
   <translation>Der Ordner enthält {1}-Bilder, aber kein CT. SkullRestore braucht ein CT des Kopfes.</translation>
  </message>
  <message>
   <source>Series {1} is {2}, not CT. SkullRestore needs a CT of the head.</source>
   <translation>Serie {1} ist {2}, kein CT. SkullRestore braucht ein CT des Kopfes.</translation>
  </message>
  <message>
   <source>The {1} images of the CT series have no place in the patient (position, orientation or pixel spacing is missing), like screen shots. Export the original CT series.</source>
   <translation>Die {1} Bilder der CT-Serie haben keinen Ort im Patienten (Position, Richtung oder Pixelabstand fehlt), wie Bildschirmfotos. Exportieren Sie die ursprüngliche CT-Serie.</translation>
  </message>
  <message>
   <source>All {1} images have the same place in the patient: their positions were lost, as some converters and anonymisers do. Export the original CT series.</source>
   <translation>Alle {1} Bilder haben denselben Ort im Patienten: ihre Positionen gingen verloren, wie bei manchen Umwandlern und Anonymisierern. Exportieren Sie die ursprüngliche CT-Serie.</translation>
  </message>
  <message>
   <source>Several reconstructions share one series UID; this one{1} was separated from the others.</source>
   <translation>Mehrere Rekonstruktionen haben dieselbe Serien-UID; diese{1} wurde von den anderen getrennt.</translation>
  </message>
  <message>
   <source>The images' position, pixel spacing or orientation is not valid. Export the original CT series.</source>
   <translation>Position, Pixelabstand oder Richtung der Bilder ist ungültig. Exportieren Sie die ursprüngliche CT-Serie.</translation>
  </message>
  <message>
   <source>The slices are not in one straight stack (off by {1} mm): the table or the head moved between scans. Export one continuous scan.</source>
   <translation>Die Schichten liegen nicht in einem geraden Stapel ({1} mm daneben): Tisch oder Kopf haben sich zwischen den Scans bewegt. Exportieren Sie einen durchgehenden Scan.</translation>
  </message>
  <message>
   <source>{1} of the {2} slices are at the same place as another: several scans are mixed. Export one of them alone.</source>
   <translation>{1} der {2} Schichten sind am Ort einer anderen: mehrere Scans sind vermischt. Exportieren Sie einen davon allein.</translation>
  </message>
  <message>
   <source>{1} missing {2}{3}. Export the complete series again.</source>
   <translation>Es fehlen {2}{3}: {1}. Exportieren Sie die vollständige Serie noch einmal.</translation>
  </message>
  <message>
   <source>The CT series has {1}; at least {2} slices that cover the skull are needed.</source>
   <translation>Die CT-Serie hat {1}; mindestens {2} Schichten, die den Schädel erfassen, sind nötig.</translation>
  </message>
  <message>
   <source>Gantry tilt of {1} degrees taken into account.</source>
   <translation>Gantry-Neigung von {1} Grad berücksichtigt.</translation>
  </message>
  <message>
   <source>{1} images are there a second time under another UID; each was used once.</source>
   <translation>{1} Bilder sind unter einer anderen UID ein zweites Mal da; jedes wurde einmal verwendet.</translation>
  </message>
  <message>
   <source>Each image has a series UID of its own; they were put together by study and place.</source>
   <translation>Jedes Bild hat eine eigene Serien-UID; sie wurden nach Studie und Ort zusammengesetzt.</translation>
  </message>
  <message>
   <source>Was the complete series exported?</source>
   <translation>Wurde die vollständige Serie exportiert?</translation>
  </message>
  <message>
   <source>DICOM objects can only be made from a DICOM input: patient and study come from there. Leave {1} dicom out.</source>
   <translation>DICOM-Objekte lassen sich nur aus DICOM-Daten machen: von dort kommen Patient und Studie. Wählen Sie DICOM ab.</translation>
  </message>
  <message>
   <source>The CT in the scene is not where its images are: it was moved by a transform, turned or resampled, or its gantry tilt was left out. DICOM objects would be in another place than the patient's head. Load the series again as 'head CT for restoration'.</source>
   <translation>Das CT in der Szene ist nicht dort, wo seine Bilder sind: es wurde durch eine Transformation bewegt, gedreht oder neu abgetastet, oder die Neigung der Gantry wurde weggelassen. DICOM-Objekte wären an einem anderen Ort als der Kopf des Patienten. Laden Sie die Serie noch einmal als 'Kopf-CT zum Wiederherstellen'.</translation>
  </message>
  <message>
   <source>{1} the DICOM series that was restored; DICOM objects can only be made from a DICOM input.</source>
   <translation>{1} die DICOM-Serie nicht, die wiederhergestellt wurde; DICOM-Objekte lassen sich nur aus DICOM-Daten machen.</translation>
  </message>
  <message>
   <source>In the DICOM objects, values of the CT are not complete: {1}.</source>
   <translation>In den DICOM-Objekten sind Werte des CT nicht vollständig: {1}.</translation>
  </message>
  <message>
   <source>Left out of the DICOM objects, as the CT's header has it: {1}.</source>
   <translation>In den DICOM-Objekten weggelassen, weil es in den Kopfdaten des CT so steht: {1}.</translation>
  </message>
  <message>
   <source>The DICOM objects do not refer to the CT's images: their UIDs are missing or not valid.</source>
   <translation>Die DICOM-Objekte verweisen nicht auf die Bilder des CT: deren UIDs fehlen oder sind ungültig.</translation>
  </message>
  <message>
   <source>The headers of the CT cannot be read well enough to make DICOM objects. Leave {1} dicom out.</source>
   <translation>Die Kopfdaten des CT lassen sich für DICOM-Objekte nicht gut genug lesen. Wählen Sie DICOM ab.</translation>
  </message>
  <message>
   <source>The images of the series are of several {1}, by their headers: DICOM objects would be filed under one of them. Export the series again, or leave {2} dicom out.</source>
   <translation>Die Bilder der Serie gehören nach ihren Kopfdaten zu mehreren {1}: DICOM-Objekte kämen zu einem davon. Exportieren Sie die Serie noch einmal, oder wählen Sie DICOM ab.</translation>
  </message>
  <message>
   <source>In the DICOM objects, values of the CT are in the form of the standard: {1}.</source>
   <translation>In den DICOM-Objekten haben Werte des CT die Form der Norm: {1}.</translation>
  </message>
  <message>
   <source>The CT's header has {1}: the DICOM objects have a new one, and {2}.</source>
   <translation>In den Kopfdaten des CT steht {1}: die DICOM-Objekte haben eine neue, und {2}.</translation>
  </message>
  <message>
   <source>Unpack it first, and give the folder.</source>
   <translation>Entpacken Sie es zuerst und geben Sie den Ordner an.</translation>
  </message>
  <message>
   <source>Export the CT itself, as DICOM.</source>
   <translation>Exportieren Sie das CT selbst, als DICOM.</translation>
  </message>
  <message>
   <source>Save a model as VTP with surface polygons or as STL, an image as NRRD.</source>
   <translation>Speichern Sie ein Modell als VTP mit Oberflächenpolygonen oder als STL, ein Bild als NRRD.</translation>
  </message>
  <message>
   <source>Unpack it first.</source>
   <translation>Entpacken Sie es zuerst.</translation>
  </message>
  <message>
   <source>Convert it to NIfTI or NRRD.</source>
   <translation>Wandeln Sie es in NIfTI oder NRRD um.</translation>
  </message>
  <message>
   <source>Save the model as VTP or STL, an image as NRRD.</source>
   <translation>Speichern Sie das Modell als VTP oder STL, ein Bild als NRRD.</translation>
  </message>
  <message>
   <source>Save the model as STL, PLY or OBJ.</source>
   <translation>Speichern Sie das Modell als STL, PLY oder OBJ.</translation>
  </message>
  <message>
   <source>Save the model as STL.</source>
   <translation>Speichern Sie das Modell als STL.</translation>
  </message>
  <message>
   <source>The download failed: load the file again.</source>
   <translation>Das Herunterladen ist misslungen: Laden Sie die Datei neu.</translation>
  </message>
  <message>
   <source>Convert the original images to NIfTI or NRRD.</source>
   <translation>Wandeln Sie die Originalbilder in NIfTI oder NRRD um.</translation>
  </message>
  <message>
   <source>'{1}' cannot be read: it is damaged, cut off, or its data file is missing. Export it again.</source>
   <translation>„{1}“ lässt sich nicht lesen: beschädigt, abgeschnitten, oder die Datendatei fehlt. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>'{1}' names a list, a pattern, a link or a place elsewhere for its values; only one file in the same folder is read, by its plain name. Export it as one file, such as .nrrd or .nii.gz.</source>
   <translation>„{1}“ nennt für seine Werte eine Liste, ein Muster, eine Verknüpfung oder einen anderen Ort; gelesen wird nur eine Datei im selben Ordner, unter ihrem einfachen Namen. Exportieren Sie es als eine Datei, etwa .nrrd oder .nii.gz.</translation>
  </message>
  <message>
   <source>'{1}' is no single 3-D image of one value per voxel (size {2}, values {3}). Export one CT volume or one bone mask.</source>
   <translation>„{1}“ ist kein einzelnes 3D-Bild mit einem Wert je Voxel (Größe {2}, Werte {3}). Exportieren Sie ein CT-Volumen oder eine Knochenmaske.</translation>
  </message>
  <message>
   <source>'{1}' is no longer there: its drive was lost, or it was moved. Restore again from a copy.</source>
   <translation>„{1}“ ist nicht mehr da: Das Laufwerk ging verloren, oder es wurde verschoben. Rekonstruieren Sie neu aus einer Kopie.</translation>
  </message>
  <message>
   <source>The axes in the header of '{1}' are not valid. Export it again.</source>
   <translation>Die Achsen im Kopf von „{1}“ sind ungültig. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>The header of '{1}' gives no voxel size. Set it with {2}, in mm along the three axes, such as 0.45,0.45,1.</source>
   <translation>Der Kopf von „{1}“ nennt keine Voxelgröße. Geben Sie sie mit {2} an, in mm entlang der drei Achsen, etwa 0.45,0.45,1.</translation>
  </message>
  <message>
   <source>The header says coordinates in {1}; {2} was taken, as set with {3}.</source>
   <translation>Der Kopf nennt Koordinaten in {1}; genommen wurde {2}, wie mit {3} angegeben.</translation>
  </message>
  <message>
   <source>'{1}' is no NIfTI file, and has neither sform nor qform. Leave {2} out.</source>
   <translation>„{1}“ ist keine NIfTI-Datei und hat weder sform noch qform. Lassen Sie {2} weg.</translation>
  </message>
  <message>
   <source>The header says voxels of {1} mm; {2} mm were taken, as set with {3}.</source>
   <translation>Der Kopf nennt Voxel von {1} mm; genommen wurden {2} mm, wie mit {3} angegeben.</translation>
  </message>
  <message>
   <source>The spacing must be three numbers above 0, in mm, such as 0.45,0.45,1.</source>
   <translation>Der Voxelabstand muss aus drei Zahlen über 0 bestehen, in mm, etwa 0.45,0.45,1.</translation>
  </message>
  <message>
   <source>'{1}' is no space. Give the side to which each coordinate increases, such as LPS, RAS or LAS.</source>
   <translation>„{1}“ ist kein Koordinatensystem. Geben Sie die Seite an, zu der jede Koordinate wächst, etwa LPS, RAS oder LAS.</translation>
  </message>
  <message>
   <source>'{1}' is no part of a NIfTI header. Choose sform or qform.</source>
   <translation>„{1}“ ist kein Teil eines NIfTI-Kopfes. Wählen Sie sform oder qform.</translation>
  </message>
  <message>
   <source>'{1}' is no markups file of 3D Slicer (.mrk.json); save the points or the line there.</source>
   <translation>„{1}“ ist keine Markups-Datei von 3D Slicer (.mrk.json); speichern Sie die Punkte oder die Linie dort.</translation>
  </message>
  <message>
   <source>'{1}' has no line: it needs at least two different points.</source>
   <translation>„{1}“ enthält keine Linie: nötig sind mindestens zwei verschiedene Punkte.</translation>
  </message>
  <message>
   <source>'{1}' is no line: give a closed curve of 3D Slicer (.mrk.json), or a list of positions [x, y, z].</source>
   <translation>„{1}“ ist keine Linie: Geben Sie eine geschlossene Kurve von 3D Slicer (.mrk.json) oder eine Liste von Positionen [x, y, z] an.</translation>
  </message>
  <message>
   <source>There is no file '{1}'. Check the path.</source>
   <translation>Es gibt keine Datei „{1}“. Prüfen Sie den Pfad.</translation>
  </message>
  <message>
   <source>'{1}' is not in LPS or RAS millimetres; save it again in 3D Slicer.</source>
   <translation>„{1}“ ist nicht in LPS- oder RAS-Millimetern; speichern Sie es neu in 3D Slicer.</translation>
  </message>
  <message>
   <source>'{1}' has two points with the label {2}; give each point its own.</source>
   <translation>„{1}“ hat zwei Punkte mit der Bezeichnung {2}; geben Sie jedem seine eigene.</translation>
  </message>
  <message>
   <source>The mask is a part of a scan: free margins were added up to the edges of the scan.</source>
   <translation>Die Maske ist Teil eines Scans: Bis zu dessen Rändern wurde leerer Raum ergänzt.</translation>
  </message>
  <message>
   <source>The mask ends with its bone, as a cropped one does: it was taken for complete there.</source>
   <translation>Die Maske endet mit ihrem Knochen, wie eine zugeschnittene: Sie wurde dort als vollständig angesehen.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: the directions in its TransformMatrix have lengths of {2} instead of 1, so its voxel size is not certain. Export the image again.</source>
   <translation>Der Kopf von „{1}“ widerspricht sich: Die Richtungen in der TransformMatrix haben Längen von {2} statt 1, die Voxelgröße ist also nicht sicher. Exportieren Sie das Bild neu.</translation>
  </message>
  <message>
   <source>The header of '{1}' has a line that is not understood, or the same line twice. Export the image again.</source>
   <translation>Der Kopf von „{1}“ hat eine unverständliche Zeile oder dieselbe Zeile zweimal. Exportieren Sie das Bild neu.</translation>
  </message>
  <message>
   <source>The file does not say in which coordinates the model is; LPS was taken, as 3D Slicer writes models. Compare left and right with the patient before the result is used.</source>
   <translation>Die Datei sagt nicht, in welchen Koordinaten das Modell ist; angenommen wurde LPS, wie 3D Slicer Modelle schreibt. Vergleichen Sie links und rechts mit dem Patienten, bevor das Ergebnis verwendet wird.</translation>
  </message>
  <message>
   <source>'{1}' cannot be read: it is damaged or cut off. Export it again.</source>
   <translation>„{1}“ lässt sich nicht lesen: beschädigt oder abgeschnitten. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}.</source>
   <translation>Koordinaten als {1} gelesen.</translation>
  </message>
  <message>
   <source>'{1}' has no faces. Export the skull as a surface of triangles, not as points.</source>
   <translation>„{1}“ hat keine Flächen. Exportieren Sie den Schädel als Dreiecksoberfläche, nicht als Punkte.</translation>
  </message>
  <message>
   <source>{1} triangles.</source>
   <translation>{1} Dreiecke.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}, as set with {2}.</source>
   <translation>Koordinaten als {1} gelesen, wie mit {2} angegeben.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}, as the file says.</source>
   <translation>Koordinaten als {1} gelesen, wie die Datei sagt.</translation>
  </message>
  <message>
   <source>The header's sform and qform place the head differently, rotated by {1} degrees and its first voxel moved by {2} mm; the {3} was used, and results may not be in place on images that are shown by the {4}.</source>
   <translation>sform und qform des Kopfdatensatzes legen den Kopf verschieden, gedreht um {1} Grad und das erste Voxel verschoben um {2} mm; verwendet wurde {3}, und auf Bildern, die nach {4} gezeigt werden, können Ergebnisse am falschen Ort liegen.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: {2}. Find out which is right, and say so with {3} sform or {4} qform.</source>
   <translation>Der Kopf von „{1}“ widerspricht sich: {2}. Klären Sie, was stimmt, und geben Sie es mit {3} sform oder {4} qform an.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: its sform says {2} axes, its qform {3} ones, so left and right are not certain. Find out which is right, and say so with {4} sform or {5} qform.</source>
   <translation>Der Kopf von „{1}“ widerspricht sich: sform nennt {2} Achsen, qform {3}, links und rechts sind also nicht sicher. Klären Sie, was stimmt, und geben Sie es mit {4} sform oder {5} qform an.</translation>
  </message>
  <message>
   <source>The header contradicts itself: {1}. The {2} was used, as chosen.</source>
   <translation>Der Kopf widerspricht sich: {1}. Verwendet wurde {2}, wie gewählt.</translation>
  </message>
  <message>
   <source>The header's sform is empty or not valid; its qform was used.</source>
   <translation>sform ist leer oder ungültig; verwendet wurde qform.</translation>
  </message>
  <message>
   <source>The header's sform and qform differ in handedness; the {1} was used, as chosen. Compare left and right with the patient.</source>
   <translation>sform und qform sind spiegelverkehrt zueinander; verwendet wurde {1}, wie gewählt. Vergleichen Sie links und rechts mit dem Patienten.</translation>
  </message>
  <message>
   <source>The header of '{1}' names a space that is not known. Export the image again, in space left-posterior-superior.</source>
   <translation>Der Kopf von „{1}“ nennt ein unbekanntes Koordinatensystem. Exportieren Sie das Bild neu, in left-posterior-superior.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: its directions say voxels of {2} mm, its spacings {3} mm. Export the image again.</source>
   <translation>Der Kopf von „{1}“ widerspricht sich: Nach den Richtungen sind die Voxel {2} mm groß, nach den Abständen {3} mm. Exportieren Sie das Bild neu.</translation>
  </message>
  <message>
   <source>{1} is a file, so no folder can be made there; choose another output folder.</source>
   <translation>{1} ist eine Datei, dort kann kein Ordner entstehen; wählen Sie einen anderen Ordner.</translation>
  </message>
  <message>
   <source>There is no permission to write in {1}; choose another output folder or ask for the permission.</source>
   <translation>In {1} darf nicht geschrieben werden; wählen Sie einen anderen Ordner oder erbitten Sie das Recht.</translation>
  </message>
  <message>
   <source>{1} holds files that SkullRestore did not write ({2}); choose an empty or a new folder.</source>
   <translation>{1} enthält Dateien, die nicht von SkullRestore stammen ({2}); wählen Sie einen leeren oder neuen Ordner.</translation>
  </message>
  <message>
   <source>{1} already holds a result; choose another folder, or replace the result with {2}.</source>
   <translation>{1} enthält schon ein Ergebnis; wählen Sie einen anderen Ordner oder ersetzen Sie das Ergebnis mit {2}.</translation>
  </message>
  <message>
   <source>The disk of {1} has {2} MB free, the result needs about {3} MB; make room or choose another output folder.</source>
   <translation>Auf dem Datenträger von {1} sind {2} MB frei, nötig sind etwa {3} MB; schaffen Sie Platz oder wählen Sie einen anderen Ordner.</translation>
  </message>
  <message>
   <source>{1} could not be written: {2}. Nothing was written.</source>
   <translation>{1} konnte nicht geschrieben werden: {2}. Nichts wurde geschrieben.</translation>
  </message>
  <message>
   <source>The disk of {1} is full; make room or choose another output folder. Nothing was written.</source>
   <translation>Der Datenträger von {1} ist voll; schaffen Sie Platz oder wählen Sie einen anderen Ordner. Nichts wurde geschrieben.</translation>
  </message>
  <message>
   <source>There is no permission to write {1}; choose another output folder or ask for the permission.</source>
   <translation>{1} darf nicht geschrieben werden; wählen Sie einen anderen Ordner oder erbitten Sie das Recht.</translation>
  </message>
  <message>
   <source>Choose the folder with the CT's files.</source>
   <translation>Wählen Sie den Ordner mit den Dateien des CT.</translation>
  </message>
  <message>
   <source>Series {1} was read; {2} other series in the folder {3} not used.</source>
   <translation>Serie {1} wurde gelesen; {2} weitere {2|Serie|Serien} im Ordner nicht.</translation>
  </message>
  <message>
   <source>It holds {1}: give that file instead.</source>
   <translation>Er enthält {1}: Geben Sie stattdessen diese Datei an.</translation>
  </message>
  <message>
   <source>It holds {1} packed files such as {2}: unpack them first.</source>
   <translation>Er enthält {1} gepackte Dateien wie {2}: Entpacken Sie sie zuerst.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}'.</source>
   <translation>In „{1}“ sind keine DICOM-Bilder.</translation>
  </message>
  <message>
   <source>'{1}' is of a kind that cannot be read. Give a DICOM folder or a zip of it, an image ({2}) or a skull model ({3}).</source>
   <translation>„{1}“ ist von einer Art, die nicht gelesen werden kann. Geben Sie einen DICOM-Ordner oder dessen Zip-Datei, ein Bild ({2}) oder ein Schädelmodell ({3}) an.</translation>
  </message>
  <message>
   <source>The folder holds images of {1} patients: make sure that series {2} is the right one.</source>
   <translation>Der Ordner enthält Bilder von {1} Patienten: Vergewissern Sie sich, dass Serie {2} die richtige ist.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}', but {2} images or models: {3}{4}. Give one of these files instead of the folder.</source>
   <translation>In „{1}“ sind keine DICOM-Bilder, aber {2} Bilder oder Modelle: {3}{4}. Geben Sie statt des Ordners eine dieser Dateien an.</translation>
  </message>
  <message>
   <source>'{1}' is packed a second time. Unpack it first, and give what is in it.</source>
   <translation>„{1}“ ist ein zweites Mal gepackt. Entpacken Sie es zuerst und geben Sie den Inhalt an.</translation>
  </message>
  <message>
   <source>'{1}' is no mask; give an image (NRRD, NIfTI or MHA) that is not 0 where it marks.</source>
   <translation>„{1}“ ist keine Maske; geben Sie ein Bild (NRRD, NIfTI oder MHA) an, das dort nicht 0 ist, wo es markiert.</translation>
  </message>
  <message>
   <source>'{1}' marks {2}; save the segment again.</source>
   <translation>„{1}“ markiert {2}; speichern Sie das Segment neu.</translation>
  </message>
  <message>
   <source>'{1}' does not say which side of the patient is left; save it as NRRD or NIfTI.</source>
   <translation>„{1}“ sagt nicht, welche Seite des Patienten links ist; speichern Sie es als NRRD oder NIfTI.</translation>
  </message>
  <message>
   <source>No file or folder was given. Choose a CT, a bone mask or a skull model.</source>
   <translation>Es wurde keine Datei und kein Ordner angegeben. Wählen Sie ein CT, eine Knochenmaske oder ein Schädelmodell.</translation>
  </message>
  <message>
   <source>There is no file or folder '{1}'. Check the path.</source>
   <translation>Es gibt weder Datei noch Ordner „{1}“. Prüfen Sie den Pfad.</translation>
  </message>
  <message>
   <source>The file '{1}' is empty. Copy or export it again.</source>
   <translation>Die Datei „{1}“ ist leer. Kopieren oder exportieren Sie sie neu.</translation>
  </message>
  <message>
   <source>All voxels of the CT series have the same value: the images are empty. Export the series again.</source>
   <translation>Alle Voxel der CT-Serie haben denselben Wert: Die Bilder sind leer. Exportieren Sie die Serie neu.</translation>
  </message>
  <message>
   <source>{1} has only {2} slices along one axis; at least {3} that cover the skull are needed.</source>
   <translation>{1} hat entlang einer Achse nur {2} Schichten; nötig sind mindestens {3}, die den Schädel abdecken.</translation>
  </message>
  <message>
   <source>{1} holds values that are no numbers (NaN or infinite). Export it again.</source>
   <translation>{1} enthält Werte, die keine Zahlen sind (NaN oder unendlich). Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>All voxels of {1} have the same value ({2}): the image is empty. Export it again.</source>
   <translation>Alle Voxel von {1} haben denselben Wert ({2}): Das Bild ist leer. Exportieren Sie es neu.</translation>
  </message>
  <message>
   <source>The package '{1}' is needed to read '{2}' and is not installed. Install it with pip.</source>
   <translation>Um „{2}“ zu lesen, wird das Paket „{1}“ gebraucht; es ist nicht installiert. Installieren Sie es mit pip.</translation>
  </message>
  <message>
   <source>{1}. Leave --{2} out.</source>
   <translation>{1}. Lassen Sie --{2} weg.</translation>
  </message>
  <message>
   <source>{1} holds {2} or more labels. Export the bone segment alone, as a mask of 0 and 1.</source>
   <translation>{1} enthält {2} oder mehr Labels. Exportieren Sie nur das Knochensegment, als Maske aus 0 und 1.</translation>
  </message>
  <message>
   <source>{1} holds later designs ({2}), which would be lost with the result; move them to another place, or choose another folder.</source>
   <translation>{1} enthält spätere Entwürfe ({2}), die mit dem Ergebnis verloren gingen; verschieben Sie sie oder wählen Sie einen anderen Ordner.</translation>
  </message>
  <message>
   <source>{1}: meshes can be written as {2}; choose one of these endings.</source>
   <translation>{1}: Netze lassen sich als {2} schreiben; wählen Sie eine dieser Endungen.</translation>
  </message>
  <message>
   <source>This is the same scan as the case that is open, not one from before the operation.</source>
   <translation>Das ist derselbe Scan wie der geöffnete Fall, keiner von vor der Operation.</translation>
  </message>
  <message>
   <source>By its DICOM header this scan is another patient's: the patient's ID is not that of the case that is open.</source>
   <translation>Laut DICOM-Kopf gehört dieser Scan einem anderen Patienten: Die Patienten-ID ist nicht die des geöffneten Falls.</translation>
  </message>
  <message>
   <source>By its DICOM header this scan is another patient's: the date of birth is not that of the case that is open.</source>
   <translation>Laut DICOM-Kopf gehört dieser Scan einem anderen Patienten: Das Geburtsdatum ist nicht das des geöffneten Falls.</translation>
  </message>
  <message>
   <source>There is no vault at that place: it belongs to the face or the base, or is outside the scan.</source>
   <translation>Dort ist kein Schädeldach: Der Ort gehört zum Gesicht oder zur Basis oder liegt außerhalb des Scans.</translation>
  </message>
  <message>
   <source>No bone is missing at that place: the outer table is where it should be. Erase from the bone segment what is to be replaced, and restore again.</source>
   <translation>Dort fehlt kein Knochen: Die Tabula externa ist, wo sie sein soll. Radieren Sie aus dem Knochensegment, was ersetzt werden soll, und rekonstruieren Sie neu.</translation>
  </message>
  <message>
   <source>Only the headers were read: values and bone are checked when the series is opened.</source>
   <translation>Nur die Kopfdaten wurden gelesen: Werte und Knochen werden beim Öffnen der Serie geprüft.</translation>
  </message>
  <message>
   <source>The scan covers {1} mm from bottom to top, and a vault needs about {2} mm: a part of the head may be missing.</source>
   <translation>Der Scan reicht {1} mm von unten nach oben, und ein Schädeldach braucht etwa {2} mm: ein Teil des Kopfes fehlt vielleicht.</translation>
  </message>
  <message>
   <source>The slices are {1}: where the axial series of this scan is there too, use that one.</source>
   <translation>Die Schichten sind {1}: wenn die axiale Serie dieses Scans auch da ist, nehmen Sie diese.</translation>
  </message>
  <message>
   <source>The kernel {1} is a soft one: thin bone is seen better in a series with a bone kernel.</source>
   <translation>Der Kern {1} ist weich: dünner Knochen ist in einer Serie mit Knochenkern besser zu sehen.</translation>
  </message>
  <message>
   <source>The skull before has no bone at any of the defects, so nothing can be compared. Is it the scan from before the operation?</source>
   <translation>Der Schädel vorher hat an keinem der Defekte Knochen, verglichen werden kann also nichts. Ist es der Scan von vor der Operation?</translation>
  </message>
  <message>
   <source>The two skulls do not fit: a tenth of their sound vaults is more than {1} mm apart. Is it the same patient? If so, register the two scans first.</source>
   <translation>Die beiden Schädel passen nicht: Ein Zehntel ihrer gesunden Dächer liegt mehr als {1} mm auseinander. Ist es derselbe Patient? Dann registrieren Sie die Scans zuerst.</translation>
  </message>
  <message>
   <source>The edited bone must be a mask: a volume that is 1 in bone and 0 elsewhere.</source>
   <translation>Der bearbeitete Knochen muss eine Maske sein: ein Volumen, das im Knochen 1 und sonst 0 ist.</translation>
  </message>
  <message>
   <source>The edited mask does not say which side of the patient is left; save it as NRRD or NIfTI.</source>
   <translation>Die bearbeitete Maske sagt nicht, welche Seite des Patienten links ist; speichern Sie sie als NRRD oder NIfTI.</translation>
  </message>
  <message>
   <source>The edited mask is not the bone of this head: it has less than half of it. Give a mask of all bone, at the same place.</source>
   <translation>Die bearbeitete Maske ist nicht der Knochen dieses Kopfes: Sie enthält weniger als die Hälfte davon. Geben Sie eine Maske des ganzen Knochens an derselben Stelle an.</translation>
  </message>
  <message>
   <source>There is no reference point {1}; {2}, as in result.points.</source>
   <translation>Es gibt keinen Referenzpunkt {1}; {2}, wie in result.points.</translation>
  </message>
  <message>
   <source>The new position of point {1} must be three numbers in mm RAS; it was {2}.</source>
   <translation>Die neue Position von Punkt {1} muss aus drei Zahlen in mm RAS bestehen; es war {2}.</translation>
  </message>
  <message>
   <source>The new position of point {1} is not at a defect. Keep points over a defect or within about a centimetre of its margin; positions are in mm RAS.</source>
   <translation>Die neue Position von Punkt {1} liegt an keinem Defekt. Lassen Sie Punkte über einem Defekt oder höchstens etwa einen Zentimeter von seinem Rand; Positionen sind in mm RAS.</translation>
  </message>
  <message>
   <source>The new position of point {1} is {2} mm {3} the restored surface. Keep points within {4} mm of it; positions are in mm RAS.</source>
   <translation>Die neue Position von Punkt {1} liegt {2} mm {3} der rekonstruierten Oberfläche. Lassen Sie Punkte höchstens {4} mm davon entfernt; Positionen sind in mm RAS.</translation>
  </message>
  <message>
   <source>Point {1}, which was moved, is not at a margin of the edited bone; it was left out.</source>
   <translation>Der verschobene Punkt {1} liegt an keinem Rand des bearbeiteten Knochens; er wurde ausgelassen.</translation>
  </message>
  <message>
   <source>No smooth surface passes through point {1} and another moved point next to it. Move one of them back.</source>
   <translation>Durch Punkt {1} und einen verschobenen Punkt daneben geht keine glatte Oberfläche. Schieben Sie einen von beiden zurück.</translation>
  </message>
  <message>
   <source>Without an atlas the pose must be given.</source>
   <translation>Ohne Atlas muss die Lage des Kopfes angegeben werden.</translation>
  </message>
  <message>
   <source>Implant {1} would pass all checks with: {2}.</source>
   <translation>Implantat {1} würde alle Prüfungen bestehen mit: {2}.</translation>
  </message>
  <message>
   <source>Implant {1}: the outer face was not raised for the skin, because {2}.</source>
   <translation>Implantat {1}: Die Außenfläche wurde nicht für die Haut erhöht; Grund: {2}.</translation>
  </message>
  <message>
   <source>The trim line is not at a defect; draw it on the restored surface, across the defect. Positions in a Python program are mm RAS.</source>
   <translation>Die Schnittlinie liegt an keinem Defekt; ziehen Sie sie auf der rekonstruierten Oberfläche quer über den Defekt.</translation>
  </message>
  <message>
   <source>There are {1} implants for defect {2}; give one for each defect.</source>
   <translation>Für Defekt {2} gibt es {1} Implantate; geben Sie je Defekt eines.</translation>
  </message>
  <message>
   <source>The implant for defect {1} was designed on another surface. Design it again on this one.</source>
   <translation>Das Implantat für Defekt {1} wurde auf einer anderen Oberfläche entworfen. Entwerfen Sie es auf dieser neu.</translation>
  </message>
  <message>
   <source>There is no reference point {1} for a fixation; choose among those that there are ({2}).</source>
   <translation>Es gibt keinen Referenzpunkt {1} für eine Befestigung; wählen Sie unter den vorhandenen ({2}).</translation>
  </message>
  <message>
   <source>Object {1}, {2} in the hole ({3}{4}): {5}.</source>
   <translation>Objekt {1}, {2} im Loch ({3}{4}): {5}.</translation>
  </message>
  <message>
   <source>{1} It stays, and only gaps around it are restored; choose to remove objects from the holes if it goes.</source>
   <translation>{1} Es bleibt, und nur Lücken ringsum werden rekonstruiert; wählen Sie, Objekte aus den Löchern zu entfernen, wenn es weg soll.</translation>
  </message>
  <message>
   <source>{1} The skull was restored as if it were not there; choose to keep objects in the holes if it stays.</source>
   <translation>{1} Der Schädel wurde rekonstruiert, als wäre es nicht da; wählen Sie, Objekte in den Löchern zu behalten, wenn es bleibt.</translation>
  </message>
  <message>
   <source>Slices of {1} mm show old flaps, plates and meshes in the holes only in part: look for them yourself.</source>
   <translation>Schichten von {1} mm zeigen alte Knochendeckel, Platten und Netze in den Defekten nur zum Teil: sehen Sie selbst nach.</translation>
  </message>
  <message>
   <source>There is no object {1} in the holes. Objects that were found: {2}.</source>
   <translation>Es gibt kein Objekt {1} in den Löchern. Gefundene Objekte: {2}.</translation>
  </message>
  <message>
   <source>Where object {1} was taken out, {2} cm² of bone are missing, and no defect was found: outline it as a missed defect, or let the object stay.</source>
   <translation>Wo Objekt {1} entfernt wurde, fehlen {2} cm² Knochen, und kein Defekt wurde gefunden: umranden Sie ihn als übersehenen Defekt, oder lassen Sie das Objekt stehen.</translation>
  </message>
  <message>
   <source>From 1 to {1} shapes can be made; {2} were asked for.</source>
   <translation>Es lassen sich 1 bis {1} Formen erzeugen; verlangt waren {2}.</translation>
  </message>
  <message>
   <source>A redesign cannot be written as DICOM: the result does not hold the patient's name and number, which DICOM objects need. Restore the series again with {1} dicom.</source>
   <translation>Ein neuer Entwurf lässt sich nicht als DICOM schreiben: Das Ergebnis enthält Namen und Nummer des Patienten nicht, die DICOM-Objekte brauchen. Rekonstruieren Sie die Serie neu mit {1} dicom.</translation>
  </message>
  <message>
   <source>There is no folder '{1}'; give a folder that `skullrestore restore` has written.</source>
   <translation>Es gibt keinen Ordner „{1}“; geben Sie einen Ordner an, den `skullrestore restore` geschrieben hat.</translation>
  </message>
  <message>
   <source>'{1}' is no bone mask; give an image that is 1 in bone and 0 elsewhere.</source>
   <translation>„{1}“ ist keine Knochenmaske; geben Sie ein Bild an, das im Knochen 1 und sonst 0 ist.</translation>
  </message>
  <message>
   <source>There is no reference point {1} in the result ({2}); points can be moved, not added.</source>
   <translation>Im Ergebnis gibt es keinen Referenzpunkt {1} ({2}); Punkte lassen sich verschieben, nicht hinzufügen.</translation>
  </message>
  <message>
   <source>The new design cannot replace the result that it is made from; choose another folder.</source>
   <translation>Der neue Entwurf kann das Ergebnis, aus dem er entsteht, nicht ersetzen; wählen Sie einen anderen Ordner.</translation>
  </message>
  <message>
   <source>{1}: this scan does not show which ({2}). Nothing was restored there; look at it in thinner slices or with a sharper kernel.</source>
   <translation>{1}: dieser Scan zeigt nicht, was von beidem ({2}). Dort wurde nichts wiederhergestellt; sehen Sie es in dünneren Schichten oder mit schärferem Kernel an.</translation>
  </message>
  <message>
   <source>Defect {1} runs to the skull base or the edge of the scan; its margin is open there and has no reference points.</source>
   <translation>Defekt {1} reicht bis zur Schädelbasis oder zum Rand des Scans; dort ist sein Rand offen und hat keine Referenzpunkte.</translation>
  </message>
  <message>
   <source>Defect {1} has only {2} of {3} reference points on sound bone; check its border.</source>
   <translation>Defekt {1} hat nur {2} von {3} Referenzpunkten auf gesundem Knochen; prüfen Sie seinen Rand.</translation>
  </message>
  <message>
   <source>The defects found now are not those of '{1}', which another version of SkullRestore has written; restore the skull again.</source>
   <translation>Die jetzt gefundenen Defekte sind nicht die von „{1}“, das eine andere Version von SkullRestore geschrieben hat; rekonstruieren Sie den Schädel neu.</translation>
  </message>
  <message>
   <source>The reference is not this skull, or is in another place: at the hole's margin it is {1} mm off the bone. It was left out.</source>
   <translation>Die Referenz ist nicht dieser Schädel oder liegt anderswo: Am Defektrand ist sie {1} mm vom Knochen entfernt. Sie wurde ausgelassen.</translation>
  </message>
  <message>
   <source>DICOM objects need the series that was restored: give its folder as source.</source>
   <translation>DICOM-Objekte brauchen die Serie, die rekonstruiert wurde: Geben Sie deren Ordner als Quelle an.</translation>
  </message>
  <message>
   <source>A result cannot be written as {1}. Choose among {2}.</source>
   <translation>Ein Ergebnis lässt sich nicht als {1} schreiben. Wählen Sie aus {2}.</translation>
  </message>
  <message>
   <source>A result as {1} needs the package {2}: pip install {3}.</source>
   <translation>Für ein Ergebnis als {1} wird das Paket {2} gebraucht: pip install {3}.</translation>
  </message>
  <message>
   <source>The series that was restored was not given.</source>
   <translation>Die Serie, die rekonstruiert wurde, wurde nicht angegeben.</translation>
  </message>
  <message>
   <source>The scan shows the planned opening at only {1} % of the line. Is it the scan after this operation?</source>
   <translation>Der Scan zeigt die geplante Öffnung nur an {1} % der Linie. Ist es der Scan nach dieser Operation?</translation>
  </message>
  <message>
   <source>The plan and its restoration do not belong together: the planned defect is missing.</source>
   <translation>Plan und Rekonstruktion gehören nicht zusammen: der geplante Defekt fehlt.</translation>
  </message>
  <message>
   <source>'{1}' holds no plan: {2} is missing or damaged.</source>
   <translation>'{1}' enthält keinen Plan: {2} fehlt oder ist beschädigt.</translation>
  </message>
  <message>
   <source>The line bends with a radius of {1} mm at its sharpest; a saw may not follow it.</source>
   <translation>Die Linie ist an der engsten Stelle mit einem Radius von {1} mm gebogen; eine Säge kann ihr vielleicht nicht folgen.</translation>
  </message>
  <message>
   <source>The {1} is no clean closed body.</source>
   <translation>{1}: der Körper ist nicht sauber geschlossen.</translation>
  </message>
  <message>
   <source>The {1} falls into {2} pieces.</source>
   <translation>{1}: zerfällt in {2} Stücke.</translation>
  </message>
  <message>
   <source>The {1} stands up to {2} mm over the cut.</source>
   <translation>{1}: ragt bis zu {2} mm über den Schnitt.</translation>
  </message>
  <message>
   <source>The edge of the {1} could not be measured.</source>
   <translation>{1}: der Rand konnte nicht gemessen werden.</translation>
  </message>
  <message>
   <source>The edge of the {1} is up to {2} mm off the line (95 %).</source>
   <translation>{1}: der Rand weicht bis zu {2} mm von der Linie ab (95 %).</translation>
  </message>
  <message>
   <source>The {1} does not go on from outside: {2} mm² of it are under bone.</source>
   <translation>{1}: lässt sich nicht von außen aufsetzen, {2} mm² sind unter Knochen.</translation>
  </message>
  <message>
   <source>The {1} reaches {2} mm into the bone.</source>
   <translation>{1}: reicht {2} mm in den Knochen.</translation>
  </message>
  <message>
   <source>The {1} touches the bone on {2} mm², in {3} of {4} {5}.</source>
   <translation>{1}: berührt den Knochen auf {2} mm², in {3} von {4} {5}.</translation>
  </message>
  <message>
   <source>Between its parts {1} mm of the line are not led.</source>
   <translation>Zwischen den Teilen wird die Säge auf {1} mm der Linie nicht geführt.</translation>
  </message>
  <message>
   <source>The {1} fits, but another part does not.</source>
   <translation>{1}: passt, ein anderes Teil aber nicht.</translation>
  </message>
  <message>
   <source>There is no room for the {1}; make it smaller, or move the line.</source>
   <translation>{1}: dafür ist kein Platz; kleiner machen oder die Linie verschieben.</translation>
  </message>
  <message>
   <source>There is no bone around the line for a guide; move the line.</source>
   <translation>Um die Linie ist kein Knochen für eine Führung; die Linie verschieben.</translation>
  </message>
  <message>
   <source>No closed body can be made around the line for a guide; move the line.</source>
   <translation>Um die Linie lässt sich kein geschlossener Körper für eine Führung bilden; die Linie verschieben.</translation>
  </message>
  <message>
   <source>The line runs {1} mm from the {2}.</source>
   <translation>Die Linie verläuft {1} mm neben: {2}.</translation>
  </message>
  <message>
   <source>The line crosses or encloses the {1}.</source>
   <translation>Die Linie kreuzt oder umschließt: {1}.</translation>
  </message>
  <message>
   <source>Rays and tables are on different grids.</source>
   <translation>Strahlen und Tafeln sind auf verschiedenen Gittern.</translation>
  </message>
  <message>
   <source>The line leaves the skull: there is no vault under it. Draw it on the vault.</source>
   <translation>Die Linie verlässt den Schädel: darunter ist kein Schädeldach. Auf dem Schädeldach zeichnen.</translation>
  </message>
  <message>
   <source>No bone is removed by the line: the vault is missing there already, or the piece is smaller than the smallest defect that is restored.</source>
   <translation>Die Linie entfernt keinen Knochen: das Schädeldach fehlt dort schon, oder das Stück ist kleiner als der kleinste Defekt, der rekonstruiert wird.</translation>
  </message>
  <message>
   <source>Say what is to be removed: a line, a tumour with a margin, or a circle.</source>
   <translation>Angeben, was entfernt wird: eine Linie, ein Tumor mit Abstand oder ein Kreis.</translation>
  </message>
  <message>
   <source>The head has no planned opening.</source>
   <translation>Der Kopf hat keine geplante Öffnung.</translation>
  </message>
  <message>
   <source>The {1} is in {2} parts, each of which goes on along a direction of its own. Fix each part before the next one is placed; which one is first does not matter.</source>
   <translation>{1}: besteht aus {2} Teilen, von denen jedes entlang einer eigenen Richtung aufgesetzt wird. Jedes Teil befestigen, bevor das nächste aufgesetzt wird; mit welchem begonnen wird, ist gleich.</translation>
  </message>
  <message>
   <source>Say what is to be removed in one way: a line, a tumour with a margin, or a circle.</source>
   <translation>Auf eine Weise angeben, was entfernt wird: eine Linie, ein Tumor mit Abstand oder ein Kreis.</translation>
  </message>
  <message>
   <source>The {1} has no feet: there is no place for them, or it would not pass with them.</source>
   <translation>{1}: hat keine Füße: Für sie ist kein Platz, oder die Führung würde mit ihnen die Prüfungen nicht bestehen.</translation>
  </message>
  <message>
   <source>The {1} has no seat of its own: held down, it slides by {2} mm and turns by {3}°. Fix it by its screws, where it was placed by other means such as navigation.</source>
   <translation>{1}: hat keinen eigenen Sitz, verschiebt sich angedrückt um {2} mm und dreht sich um {3}°. Mit den Schrauben befestigen, wo sie auf andere Weise wie mit Navigation aufgesetzt wurde.</translation>
  </message>
  <message>
   <source>The line encloses most of the vault or runs too far around the head ({1} cm²); plan smaller pieces.</source>
   <translation>Die Linie umschließt das meiste des Schädeldachs oder läuft zu weit um den Kopf ({1} cm²); kleinere Stücke planen.</translation>
  </message>
  <message>
   <source>The line lies {1}: it runs {2} mm beyond the vault. Only the vault can be planned.</source>
   <translation>Die Linie ist {1}: sie verläuft {2} mm jenseits des Schädeldachs. Nur das Schädeldach kann geplant werden.</translation>
  </message>
  <message>
   <source>A resection line needs at least 3 different points; there are {1}.</source>
   <translation>Eine Resektionslinie braucht mindestens 3 verschiedene Punkte; es sind {1}.</translation>
  </message>
  <message>
   <source>The line is open: its ends are {1} mm apart. Close it, or draw a closed curve.</source>
   <translation>Die Linie ist offen: ihre Enden sind {1} mm voneinander entfernt. Schließen oder eine geschlossene Kurve zeichnen.</translation>
  </message>
  <message>
   <source>The diameters of a circle or an ellipse must be more than 0 mm.</source>
   <translation>Die Durchmesser eines Kreises oder einer Ellipse müssen größer als 0 mm sein.</translation>
  </message>
  <message>
   <source>The tumour is not at the vault: most of it is not under the outer table.</source>
   <translation>Der Tumor ist nicht am Schädeldach: das meiste ist nicht unter der äußeren Tafel.</translation>
  </message>
  <message>
   <source>No line can be drawn around the tumour; give it a wider margin.</source>
   <translation>Um den Tumor lässt sich keine Linie zeichnen; den Abstand vergrößern.</translation>
  </message>
  <message>
   <source>The tumour's mask is empty.</source>
   <translation>Die Maske des Tumors ist leer.</translation>
  </message>
  <message>
   <source>The line leaves the skull: part of it has no vault under it. Draw it on the vault.</source>
   <translation>Die Linie verlässt den Schädel: unter einem Teil ist kein Schädeldach. Auf dem Schädeldach zeichnen.</translation>
  </message>
  <message>
   <source>The line leaves the skull: it is up to {1} mm from the outer table. Draw it on the vault; positions in a Python program are mm RAS.</source>
   <translation>Die Linie verlässt den Schädel: sie ist bis zu {1} mm von der äußeren Tafel entfernt. Auf dem Schädeldach zeichnen; Positionen in einem Python-Programm sind mm RAS.</translation>
  </message>
  <message>
   <source>The line crosses itself; draw it once around what is to be removed.</source>
   <translation>Die Linie kreuzt sich selbst; einmal um das zeichnen, was entfernt wird.</translation>
  </message>
  <message>
   <source>The line encloses only {1} cm²; at least {2} cm² can be planned.</source>
   <translation>Die Linie umschließt nur {1} cm²; planen lassen sich mindestens {2} cm².</translation>
  </message>
  <message>
   <source>The bone ends in a plane over {1} cm² at the {2} of the scan, as a part of a skull does.</source>
   <translation>Der Knochen endet auf {1} cm² in einer Ebene (im Scan: {2}), wie bei einem Teil eines Schädels.</translation>
  </message>
  <message>
   <source>The head frame could not be made certain on the bone that is left: check front, back and sides in the pictures; if they are wrong, give the position of the head, such as AS ({1} AS).</source>
   <translation>Die Kopflage ließ sich am verbliebenen Knochen nicht sichern: prüfen Sie vorn, hinten und die Seiten in den Bildern; sind sie falsch, geben Sie die Lage des Kopfes an, etwa AS ({1} AS).</translation>
  </message>
  <message>
   <source>The head may be recognised wrongly: with {1}, bone is where heads have none. Check front, back and sides in the pictures; if they are wrong, give the position of the head, such as AS ({2} AS).</source>
   <translation>Der Kopf ist vielleicht falsch erkannt: mit {1} ist Knochen, wo Köpfe keinen haben. Prüfen Sie vorn, hinten und die Seiten in den Bildern; sind sie falsch, geben Sie die Lage des Kopfes an, etwa AS ({2} AS).</translation>
  </message>
  <message>
   <source>It is not certain how the head is placed: with {1}, the bone fits nearly as well. Check front, back and sides in the pictures; if they are wrong, give the position of the head: {2} ({3} {4}).</source>
   <translation>Es ist nicht sicher, wie der Kopf liegt: mit {1} passt der Knochen fast ebenso gut. Prüfen Sie vorn, hinten und die Seiten in den Bildern; sind sie falsch, geben Sie die Lage des Kopfes an: {2} ({3} {4}).</translation>
  </message>
  <message>
   <source>The head fits the average head poorly ({1} mm): check the orientation before trusting the result.</source>
   <translation>Der Kopf passt schlecht zum Durchschnittskopf ({1} mm): Prüfen Sie die Ausrichtung, bevor Sie dem Ergebnis trauen.</translation>
  </message>
  <message>
   <source>The head could not be recognised: there is hardly any bone. Check that the input is one complete head and that the bone threshold is right.</source>
   <translation>Der Kopf wurde nicht erkannt: Es gibt kaum Knochen. Prüfen Sie, ob die Eingabe ein ganzer Kopf ist und die Schwelle stimmt.</translation>
  </message>
  <message>
   <source>There is bone where the brain should be: the head is filled. Give the bone alone, not the head as a solid, or raise the bone threshold.</source>
   <translation>Wo das Gehirn sein müsste, ist Knochen: Der Kopf ist gefüllt. Geben Sie nur den Knochen, oder erhöhen Sie die Schwelle.</translation>
  </message>
  <message>
   <source>The head could not be recognised: only {1} of the skull's vault was found{2}. Check that the input is one complete head in millimetres and that the bone threshold is right.</source>
   <translation>Der Kopf wurde nicht erkannt: Nur {1} des Schädeldachs wurden gefunden{2}. Prüfen Sie, ob die Eingabe ein ganzer Kopf in Millimetern ist und die Schwelle stimmt.</translation>
  </message>
  <message>
   <source>The head is about {1} mm long, which is too {2} about {3} mm are not supported.</source>
   <translation>Der Kopf ist etwa {1} mm lang, das ist zu {2} etwa {3} mm werden nicht unterstützt.</translation>
  </message>
  <message>
   <source>The head could not be recognised: nothing is shaped like the vault of a skull. Check that the input is one complete head in millimetres and that the bone threshold is right.</source>
   <translation>Der Kopf wurde nicht erkannt: nichts hat die Form eines Schädeldachs. Prüfen Sie, ob die Eingabe ein vollständiger Kopf in Millimetern ist und die Knochenschwelle stimmt.</translation>
  </message>
  <message>
   <source>No head was found with {1}. Give another position, or leave it out to have it found.</source>
   <translation>Mit {1} wurde kein Kopf gefunden. Geben Sie eine andere Lage an oder lassen Sie sie weg, damit sie bestimmt wird.</translation>
  </message>
  <message>
   <source>So little of the vault is left that the head frame is known to about {1} degrees only: compare the restored surface with the other side of the head.</source>
   <translation>Vom Schädeldach ist so wenig übrig, dass die Kopflage nur auf etwa {1} Grad bekannt ist: vergleichen Sie die wiederhergestellte Fläche mit der anderen Kopfseite.</translation>
  </message>
  <message>
   <source>The network weights in {1} cannot be used ({2}). Reinstall SkullRestore or give another file with {3}.</source>
   <translation>Die Gewichte des Netzes in {1} sind nicht brauchbar ({2}). Installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>The network's weights are a safetensors file, and that package is not installed. Install it with `pip install safetensors`.</source>
   <translation>Die Gewichte des Netzes sind eine safetensors-Datei, und dieses Paket ist nicht installiert. Installieren Sie es mit `pip install safetensors`.</translation>
  </message>
  <message>
   <source>The network weights are missing: {1} does not exist. Reinstall SkullRestore or give a file with {2}.</source>
   <translation>Die Gewichte des Netzes fehlen: {1} gibt es nicht. Installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>The device '{1}' needs PyTorch, which is not installed. Use {2} cpu, which needs nothing more, or install it with `pip install torch` (in 3D Slicer: the PyTorch extension).</source>
   <translation>Das Gerät '{1}' braucht PyTorch, das nicht installiert ist. Nehmen Sie {2} cpu, das nichts weiter braucht, oder installieren Sie es mit `pip install torch` (in 3D Slicer: Erweiterung PyTorch).</translation>
  </message>
  <message>
   <source>The device '{1}' cannot be used here ({2}). Use {3} cpu.</source>
   <translation>Das Gerät „{1}“ ist hier nicht nutzbar ({2}). Nehmen Sie cpu.</translation>
  </message>
  <message>
   <source>The rays were traced at level {1}, the tables predicted at level {2}; use one grid for both.</source>
   <translation>Die Strahlen haben Stufe {1}, die Tafeln Stufe {2}; verwenden Sie ein Gitter für beide.</translation>
  </message>
  <message>
   <source>Side not known: {1}. Compare left and right with the patient before the result is used; on the command line the coordinate system of the file can be stated.</source>
   <translation>Seite unbekannt: {1}. Vergleichen Sie links und rechts mit dem Patienten, bevor das Ergebnis verwendet wird.</translation>
  </message>
  <message>
   <source>{1} of {2} {3} were not checked.</source>
   <translation>{1} von {2} {3} wurden nicht geprüft.</translation>
  </message>
  <message>
   <source>The body was not checked.</source>
   <translation>Der Körper wurde nicht geprüft.</translation>
  </message>
  <message>
   <source>No implant was made.</source>
   <translation>Es wurde kein Implantat gemacht.</translation>
  </message>
  <message>
   <source>Research use only. Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Nur für die Forschung. Von keiner Behörde zugelassen; jeden Entwurf muss ein qualifizierter Arzt freigeben.</translation>
  </message>
  <message>
   <source>The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix (Kodym et al., Data in Brief 35:106902, 2021), which was made from CQ500 (Chilamkurthy et al., Lancet 2018).</source>
   <translation>Gewichte des Netzes und Formstatistik (Lizenz CC BY-NC-SA 4.0) wurden aus SkullFix gelernt (Kodym et al., Data in Brief 35:106902, 2021), das aus CQ500 entstand (Chilamkurthy et al., Lancet 2018).</translation>
  </message>
  <message>
   <source>The PDF report needs the package fpdf2: pip install fpdf2. The HTML report has the same content.</source>
   <translation>Für den PDF-Bericht wird das Paket fpdf2 gebraucht: pip install fpdf2. Der HTML-Bericht hat denselben Inhalt.</translation>
  </message>
  <message>
   <source>A report cannot hold its own checksum. Those of report.html and report.pdf are in restoration.json, which holds all but its own. Files that were put into the folder later are not listed.</source>
   <translation>Ein Bericht kann seine eigene Prüfsumme nicht enthalten. Die von report.html und report.pdf stehen in restoration.json, das alle außer der eigenen enthält. Später in den Ordner gelegte Dateien sind nicht aufgeführt.</translation>
  </message>
  <message>
   <source>No defect of the skull vault was found. There is nothing to restore; no implant was made.</source>
   <translation>Am Schädeldach wurde kein Defekt gefunden. Es gibt nichts zu rekonstruieren; ein Implantat wurde nicht erzeugt.</translation>
  </message>
  <message>
   <source>Files of meshes, volumes and points are in LPS millimetres. Positions in restoration.json are in RAS millimetres.</source>
   <translation>Netz-, Volumen- und Punktdateien sind in LPS-Millimetern. Positionen in restoration.json sind in RAS-Millimetern. Dezimalzeichen ist der Punkt.</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</source>
   <translation>Methode nach Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</translation>
  </message>
  <message>
   <source>{1}; everything else was written.</source>
   <translation>{1}; alles andere wurde geschrieben.</translation>
  </message>
  <message>
   <source>{1} restoration</source>
   <translation>{1} Rekonstruktion</translation>
  </message>
  <message>
   <source>The input was moved after the restoration.</source>
   <translation>Die Eingabe wurde nach der Rekonstruktion bewegt.</translation>
  </message>
  <message>
   <source>The input was changed after the restoration.</source>
   <translation>Die Eingabe wurde nach der Rekonstruktion geändert.</translation>
  </message>
  <message>
   <source>The input was deleted from the scene.</source>
   <translation>Die Eingabe wurde aus der Szene gelöscht.</translation>
  </message>
  <message>
   <source>The bone was edited after the restoration.</source>
   <translation>Der Knochen wurde nach der Rekonstruktion bearbeitet.</translation>
  </message>
  <message>
   <source>The bone was deleted from the scene after the restoration.</source>
   <translation>Der Knochen wurde nach der Rekonstruktion aus der Szene gelöscht.</translation>
  </message>
  <message>
   <source>'{1}' is in the transform '{2}', which bends space. Harden the transform first (module Transforms), then choose it again.</source>
   <translation>„{1}“ ist in der Transformation „{2}“, die den Raum krümmt. Wenden Sie sie zuerst fest an (Modul Transforms) und wählen Sie dann neu.</translation>
  </message>
  <message>
   <source>Taken where the transform '{1}' puts it.</source>
   <translation>Genommen, wo die Transformation „{1}“ es hinlegt.</translation>
  </message>
  <message>
   <source>'{1}' is no volume, segmentation or model. Choose a head CT, a bone segmentation or a skull model.</source>
   <translation>„{1}“ ist kein Volumen, keine Segmentierung und kein Modell. Wählen Sie ein Kopf-CT, eine Knochensegmentierung oder ein Schädelmodell.</translation>
  </message>
  <message>
   <source>Choose a head CT, a bone segmentation or a skull model first.</source>
   <translation>Wählen Sie zuerst ein Kopf-CT, eine Knochensegmentierung oder ein Schädelmodell.</translation>
  </message>
  <message>
   <source>The volume '{1}' is empty. Load a head CT, or choose another volume.</source>
   <translation>Das Volumen „{1}“ ist leer. Laden Sie ein Kopf-CT oder wählen Sie ein anderes Volumen.</translation>
  </message>
  <message>
   <source>The volume '{1}' holds colours, not HU. Choose a head CT.</source>
   <translation>Das Volumen „{1}“ enthält Farben, keine HU. Wählen Sie ein Kopf-CT.</translation>
  </message>
  <message>
   <source>Bone reaches the upper edge of the scan over {1} cm²: the top of the head may be cut off.</source>
   <translation>Knochen reicht auf {1} cm² bis an den oberen Rand des Scans: Der Scheitel kann abgeschnitten sein.</translation>
  </message>
  <message>
   <source>The segmentation '{1}' has no segments. Segment the bone first, or choose a CT.</source>
   <translation>Die Segmentierung „{1}“ hat keine Segmente. Segmentieren Sie zuerst den Knochen oder wählen Sie ein CT.</translation>
  </message>
  <message>
   <source>'{1}' is no mask: it holds more than two values. Choose a segmentation.</source>
   <translation>'{1}' ist keine Maske: es enthält mehr als zwei Werte. Eine Segmentierung wählen.</translation>
  </message>
  <message>
   <source>Nothing is marked in '{1}'.</source>
   <translation>In '{1}' ist nichts markiert.</translation>
  </message>
  <message>
   <source>Nothing is painted in the segmentation '{1}'. Paint over the hole first.</source>
   <translation>In der Segmentierung „{1}“ ist nichts gemalt. Übermalen Sie zuerst das Loch.</translation>
  </message>
  <message>
   <source>The segmentation '{1}' has no segment '{2}' any more. Choose another one.</source>
   <translation>Die Segmentierung „{1}“ hat kein Segment „{2}“ mehr. Wählen Sie eine andere.</translation>
  </message>
  <message>
   <source>The segment '{1}' cannot be turned into voxels.</source>
   <translation>Das Segment „{1}“ lässt sich nicht in Voxel umwandeln.</translation>
  </message>
  <message>
   <source>The segment '{1}' is empty. Segment the bone first.</source>
   <translation>Das Segment „{1}“ ist leer. Segmentieren Sie zuerst den Knochen.</translation>
  </message>
  <message>
   <source>The model '{1}' has no faces. Choose a skull as a surface of triangles.</source>
   <translation>Das Modell „{1}“ hat keine Flächen. Wählen Sie einen Schädel als Oberfläche aus Dreiecken.</translation>
  </message>
  <message>
   <source>insertion {1}</source>
   <translation>Einschub {1}</translation>
  </message>
  <message>
   <source>The model '{1}' holds no prediction any more.</source>
   <translation>Das Modell „{1}“ enthält keine Vorhersage mehr.</translation>
  </message>
  <message>
   <source>{1} (earlier design)</source>
   <translation>{1} (früherer Entwurf)</translation>
  </message>
  <message>
   <source>{1} colour bar</source>
   <translation>{1} Farbskala</translation>
  </message>
  <message>
   <source>Defect {1}, confidence {2}, moved by hand</source>
   <translation>Defekt {1}, Sicherheit {2}, von Hand verschoben</translation>
  </message>
  <message>
   <source>Defect {1}, confidence {2}</source>
   <translation>Defekt {1}, Sicherheit {2}</translation>
  </message>
  <message>
   <source>{1} mL of metal (over {2} HU) set apart; its streaks may blur the bone near it: check there.</source>
   <translation>{1} ml Metall (über {2} HU) abgetrennt; seine Streifen können den Knochen daneben verwischen: dort prüfen.</translation>
  </message>
  <message>
   <source>{1} mL outside the head (table, head rest or the like) removed.</source>
   <translation>{1} ml außerhalb des Kopfs (Tisch, Kopfstütze oder Ähnliches) entfernt.</translation>
  </message>
  <message>
   <source>Bone more than {1} cm below the vertex (neck, shoulders) left out.</source>
   <translation>Knochen mehr als {1} cm unter dem Scheitel (Hals, Schultern) weggelassen.</translation>
  </message>
  <message>
   <source>The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip.</source>
   <translation>Zum Segmentieren fehlt das Paket 'connected-components-3d'. Installieren Sie es mit pip.</translation>
  </message>
  <message>
   <source>Bone threshold {1} HU{2}.</source>
   <translation>Knochenschwelle {1} HU{2}.</translation>
  </message>
  <message>
   <source>{1} bone island{2} removed.</source>
   <translation>Knocheninseln entfernt: {1}.</translation>
  </message>
  <message>
   <source>Bone edited by hand: {1} mL added, {2} mL removed.</source>
   <translation>Knochen von Hand bearbeitet: {1} ml hinzugefügt, {2} ml entfernt.</translation>
  </message>
  <message>
   <source>The image has {1} dimensions; a volume of 3 is needed.</source>
   <translation>Das Bild hat {1} Dimensionen; nötig sind 3.</translation>
  </message>
  <message>
   <source>A bone threshold of {1} HU is outside {2} to {3} HU. Leave it out to have it found, or try 300.</source>
   <translation>Eine Knochenschwelle von {1} HU liegt außerhalb von {2} bis {3} HU. Lassen Sie sie suchen oder versuchen Sie 300.</translation>
  </message>
  <message>
   <source>These islands were not found in this bone; list them again with find_bone_islands.</source>
   <translation>Diese Inseln gibt es in diesem Knochen nicht; listen Sie sie neu auf.</translation>
  </message>
  <message>
   <source>The edited bone segment is empty. Undo the edit, or segment the bone again.</source>
   <translation>Das bearbeitete Knochensegment ist leer. Machen Sie die Bearbeitung rückgängig oder segmentieren Sie neu.</translation>
  </message>
  <message>
   <source>Every voxel of the mask is bone. Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>Jedes Voxel der Maske ist Knochen. Geben Sie eine Maske mit 1 im Knochen und 0 sonst.</translation>
  </message>
  <message>
   <source>There is no bone in the CT: {1} mL reach {2} HU, the highest value is {3} HU. Is it a head CT in HU? A lower threshold (such as 150) may help.</source>
   <translation>Im CT ist kein Knochen: {1} ml erreichen {2} HU, der höchste Wert ist {3} HU. Ist es ein Kopf-CT in HU? Eine niedrigere Schwelle (etwa 150) kann helfen.</translation>
  </message>
  <message>
   <source>Is it a bone mask of a complete skull, and are its voxels in mm?</source>
   <translation>Ist es eine Knochenmaske eines vollständigen Schädels, und sind ihre Voxel in mm?</translation>
  </message>
  <message>
   <source>Threshold {1} HU: {2} one may help. Is it a head CT in HU?</source>
   <translation>Schwelle {1} HU: {2} Schwelle kann helfen. Ist es ein Kopf-CT in HU?</translation>
  </message>
  <message>
   <source>Bone meets the edge of the field of view over {1} cm²: part of the head may be cut off there.</source>
   <translation>Knochen berührt auf {1} cm² den Rand des Bildfelds: Dort kann ein Teil des Kopfs abgeschnitten sein.</translation>
  </message>
  <message>
   <source>The mask holds {1} mL of bone: it is empty. Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>Die Maske enthält {1} ml Knochen: Sie ist leer. Geben Sie eine Maske mit 1 im Knochen und 0 sonst.</translation>
  </message>
  <message>
   <source>The bone measures {1}; that is no complete head.</source>
   <translation>Der Knochen misst {1}; das ist kein vollständiger Kopf.</translation>
  </message>
  <message>
   <source>Bone touches the {1} edge of the scan.</source>
   <translation>Knochen berührt den Rand des Scans ({1}).</translation>
  </message>
  <message>
   <source>{1}: bone meets the scan's edge over {2} cm². A scan that holds the complete vault is needed.</source>
   <translation>{1}: Knochen berührt auf {2} cm² den Rand des Scans. Nötig ist ein Scan mit dem ganzen Schädeldach.</translation>
  </message>
  <message>
   <source>The reference points were deleted from the scene. Restore the skull again.</source>
   <translation>Die Referenzpunkte wurden aus der Szene gelöscht. Rekonstruieren Sie den Schädel neu.</translation>
  </message>
  <message>
   <source>The restored surface is not that of what is shown now. {1} Restore again, or change it back; then export.</source>
   <translation>Die rekonstruierte Oberfläche gehört nicht zu dem, was jetzt gezeigt wird. {1} Rekonstruieren Sie neu oder stellen Sie zurück; exportieren Sie dann.</translation>
  </message>
  <message>
   <source>The plan is not that of what is shown now. {1} Plan again, or change it back; then export.</source>
   <translation>Der Plan ist nicht der zu dem, was jetzt gezeigt ist. {1} Neu planen oder zurückändern; dann exportieren.</translation>
  </message>
  <message>
   <source>The arrow was held back: along a flatter direction no implant can be put in.</source>
   <translation>Der Pfeil wurde zurückgehalten: In flacherer Richtung lässt sich kein Implantat einsetzen.</translation>
  </message>
  <message>
   <source>The surface was changed while {1}, so that the result was dropped. Do it again.</source>
   <translation>Die Oberfläche wurde währenddessen geändert ({1}); das Ergebnis wurde verworfen. Wiederholen Sie es.</translation>
  </message>
  <message>
   <source>The line was changed since it was planned.</source>
   <translation>Die Linie wurde seit der Planung geändert.</translation>
  </message>
  <message>
   <source>Another guide was chosen since it was planned.</source>
   <translation>Seit der Planung wurde eine weitere Führung gewählt.</translation>
  </message>
  <message>
   <source>A point was placed far from every defect, and was left out.</source>
   <translation>Ein Punkt lag weit von jedem Defekt und wurde weggelassen.</translation>
  </message>
  <message>
   <source>A hole is outlined by at least 3 points round it; there are {1}.</source>
   <translation>Ein Defekt wird mit mindestens 3 Punkten ringsum umrandet; es sind {1}.</translation>
  </message>
  <message>
   <source>Reference points were moved, and a restoration places them anew. Restore when that is meant.</source>
   <translation>Referenzpunkte wurden bewegt, und eine Wiederherstellung setzt sie neu. Stellen Sie wieder her, wenn das gewollt ist.</translation>
  </message>
  <message>
   <source>The bone was deleted from the scene. Segment it again.</source>
   <translation>Der Knochen wurde aus der Szene gelöscht. Segmentieren Sie ihn noch einmal.</translation>
  </message>
  <message>
   <source>Nothing is painted. Paint where bone is missing, or where it is to be removed.</source>
   <translation>Es ist nichts gemalt. Malen Sie, wo Knochen fehlt oder entfernt werden soll.</translation>
  </message>
  <message>
   <source>The saved plan cannot be read. Plan the resection again; the line is in the scene.</source>
   <translation>Die gespeicherte Planung kann nicht gelesen werden. Planen Sie die Resektion neu; die Linie ist in der Szene.</translation>
  </message>
  <message>
   <source>The predicted vault was deleted from the scene or changed. Restore the skull again.</source>
   <translation>Das vorhergesagte Schädeldach wurde aus der Szene gelöscht oder geändert. Rekonstruieren Sie den Schädel neu.</translation>
  </message>
  <message>
   <source>The {1} {2} was put into a transform.</source>
   <translation>{1} {2} wurde in eine Transformation gelegt.</translation>
  </message>
  <message>
   <source>Draw the line first: click around what is removed, or draw a circle or a line around a tumour.</source>
   <translation>Zuerst die Linie zeichnen: um das klicken, was entfernt wird, oder einen Kreis oder eine Linie um einen Tumor zeichnen.</translation>
  </message>
  <message>
   <source>Choose the segmentation or the mask of the tumour first.</source>
   <translation>Zuerst die Segmentierung oder Maske des Tumors wählen.</translation>
  </message>
  <message>
   <source>The head is not known yet. Press 'Draw the line' first.</source>
   <translation>Der Kopf ist noch nicht bekannt. Zuerst 'Linie zeichnen' drücken.</translation>
  </message>
  <message>
   <source>The bone was segmented with {1}.</source>
   <translation>Der Knochen wurde mit {1} segmentiert.</translation>
  </message>
  <message>
   <source>The input was moved or changed since the bone was segmented.</source>
   <translation>Die Eingabe wurde seit der Segmentierung des Knochens bewegt oder geändert.</translation>
  </message>
  <message>
   <source>The scene holds no saved restoration of this input. Restore the skull.</source>
   <translation>Die Szene enthält keine gespeicherte Rekonstruktion dieser Eingabe. Rekonstruieren Sie den Schädel.</translation>
  </message>
  <message>
   <source>The input was moved or changed since this restoration was saved. Put it back and open it again, or restore the skull again.</source>
   <translation>Die Eingabe wurde seit dem Speichern dieser Rekonstruktion bewegt oder geändert. Stellen Sie sie zurück und öffnen Sie sie neu, oder rekonstruieren Sie den Schädel neu.</translation>
  </message>
  <message>
   <source>The bone was edited after the resection was planned. Undo that in Segment Editor, or segment the bone again, which drops it.</source>
   <translation>Der Knochen wurde nach der Planung der Resektion bearbeitet. Das im Segment Editor rückgängig machen oder den Knochen neu segmentieren, was es verwirft.</translation>
  </message>
  <message>
   <source>{1} It was also edited by hand. Segment the bone again, which drops the edits, or change it back; then restore.</source>
   <translation>{1} Er wurde auch von Hand bearbeitet. Segmentieren Sie den Knochen neu, was die Bearbeitung verwirft, oder stellen Sie zurück; rekonstruieren Sie dann.</translation>
  </message>
  <message>
   <source>DICOM objects cannot be exported from here, because the scene does not hold the CT's headers: restore the series on the command line.</source>
   <translation>DICOM-Objekte lassen sich von hier nicht exportieren, weil die Szene die CT-Köpfe nicht enthält: Rekonstruieren Sie die Serie auf der Kommandozeile.</translation>
  </message>
  <message>
   <source>The surface was changed since the export began; that is not in the files.</source>
   <translation>Die Oberfläche wurde seit Beginn des Exports geändert; das ist nicht in den Dateien.</translation>
  </message>
  <message>
   <source>{1} Choose the same patient's skull before the operation.</source>
   <translation>{1} Wählen Sie den Schädel desselben Patienten vor der Operation.</translation>
  </message>
  <message>
   <source>The scene could not be written to {1}; the other files are there.</source>
   <translation>Die Szene konnte nicht nach {1} geschrieben werden; die anderen Dateien sind da.</translation>
  </message>
  <message>
   <source>There is no object {1} in the holes.</source>
   <translation>In den Defekten gibt es kein Objekt {1}.</translation>
  </message>
  <message>
   <source>Implant {1}: it did not pass its checks; design it again to see which.</source>
   <translation>Implantat {1}: Es hat Prüfungen nicht bestanden; entwerfen Sie es neu, um zu sehen, welche.</translation>
  </message>
  <message>
   <source>Implant {1}: the one that is shown is of an earlier design, and is not exported.</source>
   <translation>Implantat {1}: Das gezeigte stammt aus einem früheren Entwurf und wird nicht exportiert.</translation>
  </message>
  <message>
   <source>Implant {1} was deleted from the scene.</source>
   <translation>Implantat {1} wurde aus der Szene gelöscht.</translation>
  </message>
  <message>
   <source>{1}: restored with {2}, now {3}.</source>
   <translation>{1}: rekonstruiert mit {2}, jetzt {3}.</translation>
  </message>
  <message>
   <source>Bone threshold: restored with {1}.</source>
   <translation>Knochenschwelle: rekonstruiert mit {1}.</translation>
  </message>
  <message>
   <source>{1}: designed with {2}, now {3}.</source>
   <translation>{1}: entworfen mit {2}, jetzt {3}.</translation>
  </message>
  <message>
   <source>{1}: planned with {2}, now {3}.</source>
   <translation>{1}: geplant mit {2}, jetzt {3}.</translation>
  </message>
  <message>
   <source>Implant {1}: its insertion arrow was turned after the design.</source>
   <translation>Implantat {1}: Sein Einschubpfeil wurde nach dem Entwurf gedreht.</translation>
  </message>
  <message>
   <source>There is no restoration yet. Restore the skull first.</source>
   <translation>Es gibt noch keine Rekonstruktion. Rekonstruieren Sie zuerst den Schädel.</translation>
  </message>
  <message>
   <source>The scene was closed. Choose an input again.</source>
   <translation>Die Szene wurde geschlossen. Wählen Sie wieder eine Eingabe.</translation>
  </message>
  <message>
   <source>'{1}' is still running. Wait for it, or cancel it first.</source>
   <translation>„{1}“ läuft noch. Warten Sie oder brechen Sie es zuerst ab.</translation>
  </message>
  <message>
   <source>There is a restoration already.</source>
   <translation>Es gibt schon eine Rekonstruktion.</translation>
  </message>
  <message>
   <source>There is no bone yet. Segment the bone first.</source>
   <translation>Es gibt noch keinen Knochen. Segmentieren Sie zuerst den Knochen.</translation>
  </message>
  <message>
   <source>There are no implants of this surface yet. Design them first.</source>
   <translation>Es gibt noch keine Implantate dieser Oberfläche. Entwerfen Sie sie zuerst.</translation>
  </message>
  <message>
   <source>The bone was edited since its islands were listed. Restore again to list them anew, or erase the island in Segment Editor.</source>
   <translation>Der Knochen wurde bearbeitet, seit seine Inseln aufgelistet wurden. Rekonstruieren Sie neu oder löschen Sie die Insel im Segment Editor.</translation>
  </message>
  <message>
   <source>The other side of the head has no sound bone opposite to a defect: there is nothing to compare with.</source>
   <translation>Die andere Seite des Kopfes hat gegenüber den Defekten keinen gesunden Knochen: es gibt nichts zum Vergleichen.</translation>
  </message>
  <message>
   <source>{1} of the saved pictures of your views cannot be used: they are damaged, or the input was changed. Take them again.</source>
   <translation>{1} der gespeicherten Bilder Ihrer Ansichten können nicht verwendet werden: Sie sind beschädigt, oder die Eingabe wurde geändert. Nehmen Sie sie neu auf.</translation>
  </message>
  <message>
   <source>A report holds up to {1} pictures of your views. Drop them first.</source>
   <translation>Ein Bericht fasst bis zu {1} Bilder Ihrer Ansichten. Verwerfen Sie sie zuerst.</translation>
  </message>
  <message>
   <source>There is no restored surface of defect {1}.</source>
   <translation>Es gibt keine wiederhergestellte Oberfläche von Defekt {1}.</translation>
  </message>
  <message>
   <source>Flatter surface: {1} of heads are fuller here.</source>
   <translation>Flachere Fläche: {1} der Köpfe sind hier stärker gewölbt.</translation>
  </message>
  <message>
   <source>Most likely surface: half of all heads are flatter here.</source>
   <translation>Wahrscheinlichste Fläche: Die Hälfte aller Köpfe ist hier flacher.</translation>
  </message>
  <message>
   <source>Fuller surface: {1} of heads are flatter here.</source>
   <translation>Stärker gewölbte Fläche: {1} der Köpfe sind hier flacher.</translation>
  </message>
  <message>
   <source>{1} to {2}{3}; it was {4}{5}.</source>
   <translation>{1} bis {2}{3}; es war {4}{5}.</translation>
  </message>
  <message>
   <source>The onlay rim thins out to {1} mm at its edge, so that the scalp has hardly a step. Only for materials that bend: a thin edge of PEEK or titanium holds, one of ceramics breaks.</source>
   <translation>Der aufliegende Rand läuft zu {1} mm aus, damit unter der Kopfhaut kaum eine Stufe ist. Nur für biegsame Werkstoffe: ein dünner Rand aus PEEK oder Titan hält, einer aus Keramik bricht.</translation>
  </message>
  <message>
   <source>Engrave the case code, the side and an arrow that points up into the inner face, {1} mm deep, away from holes. A mould has no label.</source>
   <translation>Fallcode, Seite und ein Pfeil nach oben werden {1} mm tief in die Innenfläche graviert, abseits von Löchern. Eine Gussform hat keine Beschriftung.</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle and Follow the inner table exclude each other; a thickness of {1} mm there, or that of the bone.</source>
   <translation>„Dicke über dem Schläfenmuskel“ und „Der inneren Tabula folgen“ schließen einander aus: dort {1} mm oder die Dicke des Knochens.</translation>
  </message>
  <message>
   <source>Temporal filling and Raise for the skin exclude each other; choose a height, or let the skin of the other side give it.</source>
   <translation>Schläfenfüllung und Für die Haut erhöhen schließen einander aus; wählen Sie eine Höhe, oder lassen Sie sie von der Haut der anderen Seite bestimmen.</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle must be at least {1} mm, or 0 for the same everywhere; it was {2} mm.</source>
   <translation>Die Dicke über dem Schläfenmuskel muss mindestens {1} mm sein, oder 0 für überall dieselbe; sie war {2} mm.</translation>
  </message>
  <message>
   <source>From {1} to {2} mm the transition at the temporal line must be at least {3} mm long, so that the inner face stays smooth; it was {4} mm.</source>
   <translation>Von {1} auf {2} mm muss der Übergang an der Schläfenlinie mindestens {3} mm lang sein, damit die Innenfläche glatt bleibt; er war {4} mm.</translation>
  </message>
  <message>
   <source>{1} needs a thickness of at least {2} mm; it was {3} mm. Make the implant thicker, or do not keep the limits of the material.</source>
   <translation>{1} braucht eine Dicke von mindestens {2} mm; sie war {3} mm. Machen Sie das Implantat dicker, oder verzichten Sie auf die Grenzen des Materials.</translation>
  </message>
  <message>
   <source>Perforations of {1} mm every {2} mm leave {3} between them, at least {4} mm are needed; make them smaller, or farther apart.</source>
   <translation>Perforationen von {1} mm alle {2} mm lassen {3} dazwischen, nötig sind {4} mm; machen Sie sie kleiner oder weiter auseinander.</translation>
  </message>
  <message>
   <source>Holes to rim must be at least {1} mm for {2} of {3} mm, so that {4} mm of material is left at the rim; it was {5} mm.</source>
   <translation>Löcher zum Rand muss mindestens {1} mm sein für {2} von {3} mm, damit am Rand {4} mm Material bleiben; es waren {5} mm.</translation>
  </message>
  <message>
   <source>{1} must be at least {2} mm with recesses, which are {3} mm deep{4}; it was {5} mm.</source>
   <translation>{1} muss mit Vertiefungen, die {3} mm tief sind{4}, mindestens {2} mm sein; es waren {5} mm.</translation>
  </message>
  <message>
   <source>{1} must be at least {2} mm for parts with a play of {3} mm, because each part has half of it at the joint; it was {4} mm.</source>
   <translation>{1} muss für Teile mit {3} mm Spiel mindestens {2} mm sein, weil am Stoß jedes Teil die Hälfte davon hat; es waren {4} mm.</translation>
  </message>
  <message>
   <source>The minimum rim thickness, {1} mm, is more than the thickness of the implant, {2} mm; make the implant thicker, or the rim thinner.</source>
   <translation>Die Mindestdicke des Rands, {1} mm, ist größer als die Dicke des Implantats, {2} mm; machen Sie das Implantat dicker oder den Rand dünner.</translation>
  </message>
  <message>
   <source>A rim radius of {1} mm outside and inside needs a thickness of at least {2} mm; it was {3} mm.</source>
   <translation>Ein Randradius von {1} mm außen und innen braucht mindestens {2} mm Dicke; es waren {3} mm.</translation>
  </message>
  <message>
   <source>A feathered onlay edge and tabs exclude each other, because a tab as thin as the edge would break; choose recesses for plates, or an edge that is not feathered.</source>
   <translation>Ein auslaufender Rand und Laschen schließen sich aus, denn eine so dünne Lasche würde brechen; wählen Sie Vertiefungen für Platten oder einen Rand, der nicht ausläuft.</translation>
  </message>
  <message>
   <source>A feathered onlay edge of {1} mm breaks in hydroxyapatite; choose another material, or an edge that is not feathered.</source>
   <translation>Ein auf {1} mm auslaufender Rand bricht in Hydroxylapatit; wählen Sie einen anderen Werkstoff oder einen Rand, der nicht ausläuft.</translation>
  </message>
  <message>
   <source>An onlay rim of {1} mm hides the tabs, which are {2} mm long; make the rim narrower, or choose no tabs.</source>
   <translation>Ein Auflagerand von {1} mm verdeckt die Laschen, die {2} mm lang sind; machen Sie den Rand schmaler oder wählen Sie keine Laschen.</translation>
  </message>
  <message>
   <source>The thickness of {1}, {2} mm, is less than the minimum rim thickness, {3} mm; make {4} thicker, or the minimum smaller.</source>
   <translation>Die Dicke von {1}, {2} mm, liegt unter der Mindestdicke des Rands, {3} mm; machen Sie {4} dicker oder das Minimum kleiner.</translation>
  </message>
  <message>
   <source>Countersunk screw holes are in tabs, and recesses have none; choose tabs, or no countersunk holes.</source>
   <translation>Gesenkte Schraubenlöcher sind in Laschen, Vertiefungen haben keine; wählen Sie Laschen oder keine gesenkten Löcher.</translation>
  </message>
  <message>
   <source>Countersunk screw holes need tabs of at least {1} mm, so that {2} mm are left below the head; the thickness of the onlay rim, and of tabs, was {3} mm.</source>
   <translation>Gesenkte Schraubenlöcher brauchen Laschen von mindestens {1} mm, damit {2} mm unter dem Kopf bleiben; die Dicke des aufliegenden Rands und der Laschen war {3} mm.</translation>
  </message>
  <message>
   <source>Fixation at points names {1} more than once; name each point once.</source>
   <translation>Bei Befestigung an Punkten ist {1} mehrfach genannt; nennen Sie jeden Punkt einmal.</translation>
  </message>
  <message>
   <source>Wall of the mould must be at least {1} mm, or 0 for solid blocks; it was {2} mm.</source>
   <translation>Die Wand der Gussform muss mindestens {1} mm dick sein, oder 0 für massive Blöcke; sie war {2} mm.</translation>
  </message>
  <message>
   <source>True or False; it was {1}.</source>
   <translation>Wahr oder falsch; es war {1}.</translation>
  </message>
  <message>
   <source>{1} and {2} exclude each other; use one of them.</source>
   <translation>{1} und {2} schließen einander aus; verwenden Sie eines davon.</translation>
  </message>
  <message>
   <source>{1} does nothing without {2}; add {3}, or leave {4} out.</source>
   <translation>{1} bewirkt nichts ohne {2}; fügen Sie {3} hinzu oder lassen Sie {4} weg.</translation>
  </message>
  <message>
   <source>{1} must be a whole number; it was {2}.</source>
   <translation>{1} muss eine ganze Zahl sein; es war {2}.</translation>
  </message>
  <message>
   <source>{1} must be given.</source>
   <translation>{1} muss angegeben werden.</translation>
  </message>
  <message>
   <source>Object {1} cannot both stay and go; name it once.</source>
   <translation>Objekt {1} kann nicht bleiben und zugleich entfernt werden; nennen Sie es einmal.</translation>
  </message>
  <message>
   <source>Case code must be 1 to {1} letters (A to Z), digits, blanks, hyphens, points or underscores, and begin with a letter or a digit; it was {2}.</source>
   <translation>Der Fallcode muss aus 1 bis {1} Buchstaben (A bis Z), Ziffern, Leerzeichen, Bindestrichen, Punkten oder Unterstrichen bestehen und mit einem Buchstaben oder einer Ziffer beginnen; es war {2}.</translation>
  </message>
  <message>
   <source>{1} must be a number.</source>
   <translation>{1} muss eine Zahl sein.</translation>
  </message>
  <message>
   <source>{1} is no direction; write three numbers such as 0,0,-1.</source>
   <translation>{1} ist keine Richtung; schreiben Sie drei Zahlen wie 0,0,-1.</translation>
  </message>
  <message>
   <source>The shape statistics are missing: {1} does not exist. Reinstall SkullRestore.</source>
   <translation>Die Formstatistik fehlt: {1} gibt es nicht. Installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>The shape statistics are a safetensors file, and that package is not installed. Install it with `pip install safetensors`.</source>
   <translation>Die Formstatistik ist eine safetensors-Datei, und dieses Paket ist nicht installiert. Installieren Sie es mit `pip install safetensors`.</translation>
  </message>
  <message>
   <source>The shape statistics in {1} cannot be read ({2}). Reinstall SkullRestore.</source>
   <translation>Die Formstatistik in {1} lässt sich nicht lesen ({2}). Installieren Sie SkullRestore neu.</translation>
  </message>
  <message>
   <source>The shape model needs a ray map of level {1} or finer; this one has level {2}.</source>
   <translation>Das Formmodell braucht eine Strahlenkarte der Stufe {1} oder feiner; diese hat Stufe {2}.</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreWords</name>
  <message>
   <source>segment the bone</source>
   <translation>Knochen segmentieren</translation>
  </message>
  <message>
   <source>list the bone islands</source>
   <translation>Knocheninseln auflisten</translation>
  </message>
  <message>
   <source>make the display model</source>
   <translation>Anzeigemodell erzeugen</translation>
  </message>
  <message>
   <source>load the weights</source>
   <translation>Gewichte laden</translation>
  </message>
  <message>
   <source>find the head</source>
   <translation>Kopf finden</translation>
  </message>
  <message>
   <source>trace the rays</source>
   <translation>Strahlen verfolgen</translation>
  </message>
  <message>
   <source>predict the intact vault</source>
   <translation>Intaktes Dach vorhersagen</translation>
  </message>
  <message>
   <source>find the defects</source>
   <translation>Defekte finden</translation>
  </message>
  <message>
   <source>fit the surface to the bone</source>
   <translation>Fläche an Knochen anpassen</translation>
  </message>
  <message>
   <source>place the reference points</source>
   <translation>Referenzpunkte setzen</translation>
  </message>
  <message>
   <source>restore the surface</source>
   <translation>Oberfläche rekonstruieren</translation>
  </message>
  <message>
   <source>draw the surface</source>
   <translation>Oberfläche zeichnen</translation>
  </message>
  <message>
   <source>fill the missing bone</source>
   <translation>Fehlenden Knochen füllen</translation>
  </message>
  <message>
   <source>design the implants</source>
   <translation>Implantate entwerfen</translation>
  </message>
  <message>
   <source>lay the skulls over each other</source>
   <translation>Schädel überlagern</translation>
  </message>
  <message>
   <source>measure the distances</source>
   <translation>Abstände messen</translation>
  </message>
  <message>
   <source>segment the skull before</source>
   <translation>Schädel vorher segmentieren</translation>
  </message>
  <message>
   <source>remove the bone islands</source>
   <translation>Knocheninseln entfernen</translation>
  </message>
  <message>
   <source>take over the edited bone</source>
   <translation>Bearbeiteten Knochen übernehmen</translation>
  </message>
  <message>
   <source>draw the pictures</source>
   <translation>Bilder zeichnen</translation>
  </message>
  <message>
   <source>write the files</source>
   <translation>Dateien schreiben</translation>
  </message>
  <message>
   <source>grow a head</source>
   <translation>Kopf erzeugen</translation>
  </message>
  <message>
   <source>scan it</source>
   <translation>Kopf scannen</translation>
  </message>
  <message>
   <source>cut the surface</source>
   <translation>Fläche schneiden</translation>
  </message>
  <message>
   <source>Segment</source>
   <translation>Segmentieren</translation>
  </message>
  <message>
   <source>Restore</source>
   <translation>Rekonstruieren</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>Vergleichen</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>Exportieren</translation>
  </message>
  <message>
   <source>Design the implants</source>
   <translation>Implantate entwerfen</translation>
  </message>
  <message>
   <source>Remove bone islands</source>
   <translation>Knocheninseln entfernen</translation>
  </message>
  <message>
   <source>Add a missed defect</source>
   <translation>Übersehenen Defekt hinzufügen</translation>
  </message>
  <message>
   <source>Take up the saved restoration</source>
   <translation>Gespeicherte Rekonstruktion öffnen</translation>
  </message>
  <message>
   <source>Take up the saved plan</source>
   <translation>Gespeicherte Planung öffnen</translation>
  </message>
  <message>
   <source>Make a sample head</source>
   <translation>Beispielkopf erzeugen</translation>
  </message>
  <message>
   <source>left</source>
   <translation>links</translation>
  </message>
  <message>
   <source>right</source>
   <translation>rechts</translation>
  </message>
  <message>
   <source>midline</source>
   <translation>Mitte</translation>
  </message>
  <message>
   <source>both sides</source>
   <translation>beidseits</translation>
  </message>
  <message>
   <source>not known</source>
   <translation>unbekannt</translation>
  </message>
  <message>
   <source>good</source>
   <translation>gut</translation>
  </message>
  <message>
   <source>acceptable</source>
   <translation>annehmbar</translation>
  </message>
  <message>
   <source>unacceptable</source>
   <translation>unannehmbar</translation>
  </message>
  <message>
   <source>passed</source>
   <translation>bestanden</translation>
  </message>
  <message>
   <source>NOT PASSED</source>
   <translation>NICHT BESTANDEN</translation>
  </message>
  <message>
   <source>EARLIER DESIGN</source>
   <translation>FRÜHERER ENTWURF</translation>
  </message>
  <message>
   <source>restored surface</source>
   <translation>rekonstruierte Oberfläche</translation>
  </message>
  <message>
   <source>implant</source>
   <translation>Implantat</translation>
  </message>
  <message>
   <source>the implants were designed</source>
   <translation>Implantate entwerfen</translation>
  </message>
  <message>
   <source>the skulls were compared</source>
   <translation>Schädel vergleichen</translation>
  </message>
  <message>
   <source>the defect was added</source>
   <translation>Defekt hinzufügen</translation>
  </message>
  <message>
   <source>fronto-orbital</source>
   <translation>fronto-orbital</translation>
  </message>
  <message>
   <source>frontal</source>
   <translation>frontal</translation>
  </message>
  <message>
   <source>temporal</source>
   <translation>temporal</translation>
  </message>
  <message>
   <source>low temporal</source>
   <translation>tief temporal</translation>
  </message>
  <message>
   <source>parietal</source>
   <translation>parietal</translation>
  </message>
  <message>
   <source>occipital</source>
   <translation>occipital</translation>
  </message>
  <message>
   <source>fronto-temporal</source>
   <translation>fronto-temporal</translation>
  </message>
  <message>
   <source>fronto-temporal, low to the base</source>
   <translation>fronto-temporal, bis zur Basis</translation>
  </message>
  <message>
   <source>fronto-parietal</source>
   <translation>fronto-parietal</translation>
  </message>
  <message>
   <source>fronto-occipital</source>
   <translation>fronto-occipital</translation>
  </message>
  <message>
   <source>temporo-parietal</source>
   <translation>temporo-parietal</translation>
  </message>
  <message>
   <source>temporo-parietal, low to the base</source>
   <translation>temporo-parietal, bis zur Basis</translation>
  </message>
  <message>
   <source>temporo-occipital</source>
   <translation>temporo-occipital</translation>
  </message>
  <message>
   <source>temporo-occipital, low to the base</source>
   <translation>temporo-occipital, bis zur Basis</translation>
  </message>
  <message>
   <source>parieto-occipital</source>
   <translation>parieto-occipital</translation>
  </message>
  <message>
   <source>fronto-temporo-parietal</source>
   <translation>fronto-temporo-parietal</translation>
  </message>
  <message>
   <source>fronto-temporo-parietal, low to the base</source>
   <translation>fronto-temporo-parietal, bis zur Basis</translation>
  </message>
  <message>
   <source>fronto-temporo-occipital</source>
   <translation>fronto-temporo-occipital</translation>
  </message>
  <message>
   <source>fronto-temporo-occipital, low to the base</source>
   <translation>fronto-temporo-occipital, bis zur Basis</translation>
  </message>
  <message>
   <source>fronto-parieto-occipital</source>
   <translation>fronto-parieto-occipital</translation>
  </message>
  <message>
   <source>temporo-parieto-occipital</source>
   <translation>temporo-parieto-occipital</translation>
  </message>
  <message>
   <source>temporo-parieto-occipital, low to the base</source>
   <translation>temporo-parieto-occipital, bis zur Basis</translation>
  </message>
  <message>
   <source>fronto-temporo-parieto-occipital</source>
   <translation>fronto-temporo-parieto-occipital</translation>
  </message>
  <message>
   <source>fronto-temporo-parieto-occipital, low to the base</source>
   <translation>fronto-temporo-parieto-occipital, bis zur Basis</translation>
  </message>
  <message>
   <source>{1} slices, {2} mm.</source>
   <translation>{1} Schichten, {2} mm.</translation>
  </message>
  <message>
   <source>Written to {1}.</source>
   <translation>Geschrieben nach {1}.</translation>
  </message>
  <message>
   <source>No implant for defect {1}: {2}</source>
   <translation>Kein Implantat für Defekt {1}: {2}</translation>
  </message>
  <message>
   <source>Implant {1}: {2}</source>
   <translation>Implantat {1}: {2}</translation>
  </message>
  <message>
   <source>The restored vault is intact, so there is nothing to compare.</source>
   <translation>Das Schädeldach ist intakt, es gibt nichts zu vergleichen.</translation>
  </message>
  <message>
   <source>{1}{2}; everything else was written.</source>
   <translation>{1}{2}; alles andere wurde geschrieben.</translation>
  </message>
  <message>
   <source>Bone flap</source>
   <translation>Knochendeckel</translation>
  </message>
  <message>
   <source>Plate or mesh</source>
   <translation>Platte oder Netz</translation>
  </message>
  <message>
   <source>bone flap</source>
   <translation>Knochendeckel</translation>
  </message>
  <message>
   <source>resorbed bone flap</source>
   <translation>resorbierter Knochendeckel</translation>
  </message>
  <message>
   <source>plate</source>
   <translation>Platte</translation>
  </message>
  <message>
   <source>thin shell</source>
   <translation>dünne Schale</translation>
  </message>
  <message>
   <source>bone on the dura</source>
   <translation>Knochen auf der Dura</translation>
  </message>
  <message>
   <source>metal mesh or plate</source>
   <translation>Metallnetz oder -platte</translation>
  </message>
  <message>
   <source>drawing template</source>
   <translation>Anzeichenschablone</translation>
  </message>
  <message>
   <source>cutting guide</source>
   <translation>Sägeführung</translation>
  </message>
  <message>
   <source>margin ring</source>
   <translation>Randring</translation>
  </message>
  <message>
   <source>sagittal sinus (mid-line)</source>
   <translation>Sinus sagittalis (Mittellinie)</translation>
  </message>
  <message>
   <source>transverse sinus</source>
   <translation>Sinus transversus</translation>
  </message>
  <message>
   <source>sigmoid sinus and mastoid</source>
   <translation>Sinus sigmoideus und Mastoid</translation>
  </message>
  <message>
   <source>orbit</source>
   <translation>Augenhöhle</translation>
  </message>
  <message>
   <source>frontal sinus</source>
   <translation>Stirnhöhle</translation>
  </message>
  <message>
   <source>crossed or enclosed</source>
   <translation>gekreuzt oder umschlossen</translation>
  </message>
  <message>
   <source>on the face</source>
   <translation>im Gesicht</translation>
  </message>
  <message>
   <source>on the base of the skull or the neck</source>
   <translation>an der Schädelbasis oder am Hals</translation>
  </message>
  <message>
   <source>NOT MADE</source>
   <translation>NICHT GEMACHT</translation>
  </message>
  <message>
   <source>outside</source>
   <translation>außerhalb</translation>
  </message>
  <message>
   <source>middle</source>
   <translation>mittig</translation>
  </message>
  <message>
   <source>inside</source>
   <translation>innerhalb</translation>
  </message>
  <message>
   <source>perpendicular</source>
   <translation>senkrecht</translation>
  </message>
  <message>
   <source>parallel</source>
   <translation>parallel</translation>
  </message>
  <message>
   <source>prepare the drawing of lines</source>
   <translation>Zeichnen vorbereiten</translation>
  </message>
  <message>
   <source>lay the line on the skull</source>
   <translation>Linie auf den Schädel legen</translation>
  </message>
  <message>
   <source>cut the bone</source>
   <translation>Knochen öffnen</translation>
  </message>
  <message>
   <source>make the drawing template</source>
   <translation>Schablone erzeugen</translation>
  </message>
  <message>
   <source>make the cutting guide</source>
   <translation>Sägeführung erzeugen</translation>
  </message>
  <message>
   <source>make the margin ring</source>
   <translation>Randring erzeugen</translation>
  </message>
  <message>
   <source>draw the line around the tumour</source>
   <translation>Linie um den Tumor</translation>
  </message>
  <message>
   <source>draw the plan</source>
   <translation>Plan zeichnen</translation>
  </message>
  <message>
   <source>sagittal</source>
   <translation>sagittal</translation>
  </message>
  <message>
   <source>coronal</source>
   <translation>koronar</translation>
  </message>
  <message>
   <source>axial</source>
   <translation>axial</translation>
  </message>
  <message>
   <source>patients</source>
   <translation>Patienten</translation>
  </message>
  <message>
   <source>studies</source>
   <translation>Studien</translation>
  </message>
  <message>
   <source>1 slice is</source>
   <translation>1 Schicht</translation>
  </message>
  <message>
   <source>{1} slices are</source>
   <translation>{1} Schichten</translation>
  </message>
  <message>
   <source>a single slice</source>
   <translation>eine einzige Schicht</translation>
  </message>
  <message>
   <source>only {1} slices</source>
   <translation>nur {1} Schichten</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the lowest slice (images {3} and {4})</source>
   <translation>zwischen {1} und {2} mm über der untersten Schicht (Bilder {3} und {4})</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the first slice (images {3} and {4})</source>
   <translation>zwischen {1} und {2} mm von der ersten Schicht (Bilder {3} und {4})</translation>
  </message>
  <message>
   <source>The file '{1}' (image {2})</source>
   <translation>Die Datei '{1}' (Bild {2})</translation>
  </message>
  <message>
   <source>The DICOM database does not hold</source>
   <translation>Die DICOM-Datenbank enthält</translation>
  </message>
  <message>
   <source>automatic</source>
   <translation>automatisch</translation>
  </message>
  <message>
   <source>one</source>
   <translation>eins</translation>
  </message>
  <message>
   <source>two</source>
   <translation>zwei</translation>
  </message>
  <message>
   <source>three</source>
   <translation>drei</translation>
  </message>
  <message>
   <source>four</source>
   <translation>vier</translation>
  </message>
  <message>
   <source>{1}, part {2} of {3}</source>
   <translation>{1}, Teil {2} von {3}</translation>
  </message>
  <message>
   <source>{1}, part {2} (STL)</source>
   <translation>{1}, Teil {2} (STL)</translation>
  </message>
  <message>
   <source>{1}, up to {2} mm from the line</source>
   <translation>{1}, bis {2} mm von der Linie</translation>
  </message>
  <message>
   <source>none</source>
   <translation>ohne</translation>
  </message>
  <message>
   <source>pieces along its edge</source>
   <translation>Abschnitten ihrer Kante</translation>
  </message>
  <message>
   <source>directions around</source>
   <translation>Richtungen ringsum</translation>
  </message>
  <message>
   <source>orbital margin</source>
   <translation>Orbitarand</translation>
  </message>
  <message>
   <source>joint of the jaw</source>
   <translation>Kiefergelenk</translation>
  </message>
  <message>
   <source>ear canal</source>
   <translation>Gehörgang</translation>
  </message>
  <message>
   <source>foramen ovale</source>
   <translation>Foramen ovale</translation>
  </message>
  <message>
   <source>foramen magnum</source>
   <translation>Foramen magnum</translation>
  </message>
  <message>
   <source>the input is a bone mask or a model, which has no soft tissue; restore the CT itself</source>
   <translation>die Eingabe ist eine Knochenmaske oder ein Modell ohne Weichteile; stellen Sie das CT selbst wieder her</translation>
  </message>
  <message>
   <source>the skin was not found; the scan may end at it</source>
   <translation>die Haut wurde nicht gefunden; die Aufnahme endet vielleicht an ihr</translation>
  </message>
  <message>
   <source>the defect is not over the temporal muscle</source>
   <translation>der Defekt liegt nicht über dem Schläfenmuskel</translation>
  </message>
  <message>
   <source>the other side is not sound, or its skin is not in the scan, opposite the defect</source>
   <translation>gegenüber dem Defekt ist die andere Seite nicht gesund, oder ihre Haut ist nicht in der Aufnahme</translation>
  </message>
  <message>
   <source>next to the defect there is too little bone under muscle to measure how much of it is left</source>
   <translation>neben dem Defekt ist zu wenig Knochen unter Muskel, um zu messen, wie viel von ihm übrig ist</translation>
  </message>
  <message>
   <source>nowhere would it be lower than on the other side by more than 0.5 mm</source>
   <translation>nirgends wäre sie um mehr als 0,5 mm niedriger als auf der anderen Seite</translation>
  </message>
  <message>
   <source>{1}: off</source>
   <translation>{1}: aus</translation>
  </message>
  <message>
   <source>{1}: none</source>
   <translation>{1}: ohne</translation>
  </message>
  <message>
   <source>front</source>
   <translation>vorn</translation>
  </message>
  <message>
   <source>back</source>
   <translation>hinten</translation>
  </message>
  <message>
   <source>top</source>
   <translation>oben</translation>
  </message>
  <message>
   <source>bottom</source>
   <translation>unten</translation>
  </message>
  <message>
   <source>above</source>
   <translation>oberhalb</translation>
  </message>
  <message>
   <source>below</source>
   <translation>unterhalb</translation>
  </message>
  <message>
   <source>everything</source>
   <translation>alles</translation>
  </message>
  <message>
   <source>nothing</source>
   <translation>nichts</translation>
  </message>
  <message>
   <source>right-handed</source>
   <translation>rechtshändige</translation>
  </message>
  <message>
   <source>left-handed</source>
   <translation>linkshändige</translation>
  </message>
  <message>
   <source>outer</source>
   <translation>äußere</translation>
  </message>
  <message>
   <source>inner</source>
   <translation>innere</translation>
  </message>
  <message>
   <source>lowest</source>
   <translation>untersten</translation>
  </message>
  <message>
   <source>first</source>
   <translation>ersten</translation>
  </message>
  <message>
   <source>mask</source>
   <translation>Maske</translation>
  </message>
  <message>
   <source>a higher</source>
   <translation>eine höhere</translation>
  </message>
  <message>
   <source>a lower</source>
   <translation>eine niedrigere</translation>
  </message>
  <message>
   <source>another</source>
   <translation>eine andere</translation>
  </message>
  <message>
   <source>implant {1}</source>
   <translation>Implantat {1}</translation>
  </message>
  <message>
   <source>implant {1} part {2}</source>
   <translation>Implantat {1}, Teil {2}</translation>
  </message>
  <message>
   <source>implant {1} mould outer</source>
   <translation>Implantat {1}, äußere Gussformhälfte</translation>
  </message>
  <message>
   <source>implant {1} mould inner</source>
   <translation>Implantat {1}, innere Gussformhälfte</translation>
  </message>
  <message>
   <source>implant {1} ring</source>
   <translation>Implantat {1}, Randring</translation>
  </message>
  <message>
   <source>safety</source>
   <translation>Sicherheit</translation>
  </message>
  <message>
   <source>moved</source>
   <translation>verschoben</translation>
  </message>
  <message>
   <source>Bone</source>
   <translation>Knochen</translation>
  </message>
  <message>
   <source>Metal</source>
   <translation>Metall</translation>
  </message>
  <message>
   <source>Skull</source>
   <translation>Schädel</translation>
  </message>
  <message>
   <source>Skull defect</source>
   <translation>Schädeldefekt</translation>
  </message>
  <message>
   <source>Reference points</source>
   <translation>Referenzpunkte</translation>
  </message>
  <message>
   <source>Defects</source>
   <translation>Defekte</translation>
  </message>
  <message>
   <source>Implants</source>
   <translation>Implantate</translation>
  </message>
  <message>
   <source>Comparison</source>
   <translation>Vergleich</translation>
  </message>
  <message>
   <source>Clip</source>
   <translation>Ausschnitt</translation>
  </message>
  <message>
   <source>Standard error (mm)</source>
   <translation>Standardfehler (mm)</translation>
  </message>
  <message>
   <source>Distance (mm)</source>
   <translation>Abstand (mm)</translation>
  </message>
  <message>
   <source>{1} mm</source>
   <translation>{1} mm</translation>
  </message>
  <message>
   <source>{1} cm²</source>
   <translation>{1} cm²</translation>
  </message>
  <message>
   <source>{1} mL</source>
   <translation>{1} ml</translation>
  </message>
  <message>
   <source>{1} and {2}</source>
   <translation>{1} und {2}</translation>
  </message>
  <message>
   <source>MB</source>
   <translation>MB</translation>
  </message>
  <message>
   <source>The margin ring</source>
   <translation>Der Randring</translation>
  </message>
  <message>
   <source>PDF</source>
   <translation>PDF</translation>
  </message>
  <message>
   <source>resample it to voxels of {1} mm (in 3D Slicer: Resample Scalar Volume),</source>
   <translation>auf Voxel von {1} mm umrechnen (in 3D Slicer: Resample Scalar Volume),</translation>
  </message>
  <message>
   <source>The model</source>
   <translation>Das Modell</translation>
  </message>
  <message>
   <source>, or scale it by {1}</source>
   <translation>, oder skalieren Sie sie mit {1}</translation>
  </message>
  <message>
   <source>the restored surface of defect {1}</source>
   <translation>der rekonstruierten Oberfläche von Defekt {1}</translation>
  </message>
  <message>
   <source>the frontal sinus</source>
   <translation>die Stirnhöhle</translation>
  </message>
  <message>
   <source>air cells of the skull</source>
   <translation>pneumatisierte Zellen des Schädels</translation>
  </message>
  <message>
   <source>the implant was trimmed there</source>
   <translation>das Implantat wurde dort gekürzt</translation>
  </message>
  <message>
   <source>it blocks the implant, which was not trimmed</source>
   <translation>er blockiert das Implantat, das nicht gekürzt wurde</translation>
  </message>
  <message>
   <source>the sinus</source>
   <translation>die Stirnhöhle</translation>
  </message>
  <message>
   <source>as drawn</source>
   <translation>wie gezeichnet</translation>
  </message>
  <message>
   <source>where no bone ends the defect</source>
   <translation>wo kein Knochen den Defekt begrenzt</translation>
  </message>
  <message>
   <source>runs from {1} to {2} mm</source>
   <translation>reicht von {1} bis {2} mm</translation>
  </message>
  <message>
   <source>cannot be found</source>
   <translation>ist nicht zu finden</translation>
  </message>
  <message>
   <source>is {1} mm deep</source>
   <translation>ist {1} mm tief</translation>
  </message>
  <message>
   <source>the bone around the defect</source>
   <translation>dem Knochen um den Defekt</translation>
  </message>
  <message>
   <source>the recesses for plates</source>
   <translation>den Vertiefungen für Platten</translation>
  </message>
  <message>
   <source>the label</source>
   <translation>der Beschriftung</translation>
  </message>
  <message>
   <source>the joint</source>
   <translation>der Fuge</translation>
  </message>
  <message>
   <source>the margin ring</source>
   <translation>dem Randring</translation>
  </message>
  <message>
   <source>the block of the mould</source>
   <translation>dem Block der Gussform</translation>
  </message>
  <message>
   <source>the rim over the bone</source>
   <translation>dem Rand über dem Knochen</translation>
  </message>
  <message>
   <source>The outer half of the mould</source>
   <translation>Die äußere Hälfte der Gussform</translation>
  </message>
  <message>
   <source>The inner half of the mould</source>
   <translation>Die innere Hälfte der Gussform</translation>
  </message>
  <message>
   <source>Part {1}</source>
   <translation>Teil {1}</translation>
  </message>
  <message>
   <source>screw hole in a tab</source>
   <translation>Schraubenloch in einer Lasche</translation>
  </message>
  <message>
   <source>middle of a recess for a plate</source>
   <translation>Mitte einer Plattenvertiefung</translation>
  </message>
  <message>
   <source>The archive</source>
   <translation>Das Archiv</translation>
  </message>
  <message>
   <source>the image has another size than its header says</source>
   <translation>das Bild hat eine andere Größe, als sein Kopf sagt</translation>
  </message>
  <message>
   <source>the file does not say in which direction its frames follow each other</source>
   <translation>die Datei sagt nicht, in welcher Richtung ihre Bilder aufeinander folgen</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the {3} slice (images {4} and {5})</source>
   <translation>zwischen {1} und {2} mm von der {3} Schicht (Bilder {4} und {5})</translation>
  </message>
  <message>
   <source>slices {1} mm apart over {2} mm</source>
   <translation>Schichtabstand {1} mm über {2} mm</translation>
  </message>
  <message>
   <source>{1} slices, {2} mm</source>
   <translation>{1} Schichten, {2} mm</translation>
  </message>
  <message>
   <source>The folder holds {1} CT series. Choose one by its number or UID ({2}), most likely [{3}] ({4}); `skullrestore check` shows their descriptions and dates:</source>
   <translation>Der Ordner enthält {1} CT-Serien. Wählen Sie eine nach Nummer oder UID ({2}), am ehesten [{3}] ({4}); `skullrestore check` zeigt Beschreibungen und Daten:</translation>
  </message>
  <message>
   <source>Series '{1}' is not in this folder. Choose one of these by number or UID:</source>
   <translation>Serie „{1}“ ist nicht in diesem Ordner. Wählen Sie eine nach Nummer oder UID:</translation>
  </message>
  <message>
   <source>{1} reconstructions have the UID {2}. Choose one of these by number:</source>
   <translation>{1} Rekonstruktionen haben die UID {2}. Wählen Sie eine nach Nummer:</translation>
  </message>
  <message>
   <source>bone kernel</source>
   <translation>Knochenkern</translation>
  </message>
  <message>
   <source>original images</source>
   <translation>Originalbilder</translation>
  </message>
  <message>
   <source>(kernel {1})</source>
   <translation>(Kern {1})</translation>
  </message>
  <message>
   <source>{1} mm thick</source>
   <translation>{1} mm dick</translation>
  </message>
  <message>
   <source>kernel {1}</source>
   <translation>Kern {1}</translation>
  </message>
  <message>
   <source>compressed with loss</source>
   <translation>verlustbehaftet komprimiert</translation>
  </message>
  <message>
   <source>issuer of the patient ID</source>
   <translation>Aussteller der Patienten-ID</translation>
  </message>
  <message>
   <source>date of birth</source>
   <translation>Geburtsdatum</translation>
  </message>
  <message>
   <source>study date</source>
   <translation>Datum der Untersuchung</translation>
  </message>
  <message>
   <source>study time</source>
   <translation>Uhrzeit der Untersuchung</translation>
  </message>
  <message>
   <source>accession number</source>
   <translation>Auftragsnummer</translation>
  </message>
  <message>
   <source>referring physician</source>
   <translation>überweisender Arzt</translation>
  </message>
  <message>
   <source>study description</source>
   <translation>Beschreibung der Untersuchung</translation>
  </message>
  <message>
   <source>position reference</source>
   <translation>Positionsreferenz</translation>
  </message>
  <message>
   <source>'{1}' does not hold</source>
   <translation>„{1}“ enthält</translation>
  </message>
  <message>
   <source>issuer of the patient ID (there is no ID)</source>
   <translation>Aussteller der Patienten-ID (es gibt keine ID)</translation>
  </message>
  <message>
   <source>are filed in a study of their own</source>
   <translation>sind in einer eigenen Untersuchung abgelegt</translation>
  </message>
  <message>
   <source>frame of reference</source>
   <translation>Bezugssystem</translation>
  </message>
  <message>
   <source>may not be shown in one view with it</source>
   <translation>werden vielleicht nicht in einer Ansicht mit ihm gezeigt</translation>
  </message>
  <message>
   <source>not unique</source>
   <translation>nicht eindeutig</translation>
  </message>
  <message>
   <source>a {1} UID that is {2}</source>
   <translation>eine UID ({1}), die so nicht gilt: {2}</translation>
  </message>
  <message>
   <source>no {1} UID</source>
   <translation>keine UID ({1})</translation>
  </message>
  <message>
   <source>characters that cannot be read with the character set that the header names</source>
   <translation>Zeichen, die sich mit dem im Kopf genannten Zeichensatz nicht lesen lassen</translation>
  </message>
  <message>
   <source>several values, the first was taken</source>
   <translation>mehrere Werte, der erste wurde genommen</translation>
  </message>
  <message>
   <source>several values in the place of one</source>
   <translation>mehrere Werte statt eines einzigen</translation>
  </message>
  <message>
   <source>more than one line</source>
   <translation>mehr als eine Zeile</translation>
  </message>
  <message>
   <source>longer than {1} characters</source>
   <translation>länger als {1} Zeichen</translation>
  </message>
  <message>
   <source>more than three groups, the first three were taken</source>
   <translation>mehr als drei Gruppen, die ersten drei wurden genommen</translation>
  </message>
  <message>
   <source>not a complete date</source>
   <translation>kein vollständiges Datum</translation>
  </message>
  <message>
   <source>not a time of day</source>
   <translation>keine Uhrzeit</translation>
  </message>
  <message>
   <source>not an age in days, weeks, months or years</source>
   <translation>kein Alter in Tagen, Wochen, Monaten oder Jahren</translation>
  </message>
  <message>
   <source>not a valid UID</source>
   <translation>keine gültige UID</translation>
  </message>
  <message>
   <source>too long, it was shortened</source>
   <translation>zu lang, wurde gekürzt</translation>
  </message>
  <message>
   <source>not a date of the calendar</source>
   <translation>kein Kalenderdatum</translation>
  </message>
  <message>
   <source>a 7-Zip archive</source>
   <translation>ein 7-Zip-Archiv</translation>
  </message>
  <message>
   <source>a tar archive</source>
   <translation>ein tar-Archiv</translation>
  </message>
  <message>
   <source>an xz file</source>
   <translation>eine xz-Datei</translation>
  </message>
  <message>
   <source>a Zstandard file</source>
   <translation>eine Zstandard-Datei</translation>
  </message>
  <message>
   <source>an Office document</source>
   <translation>ein Office-Dokument</translation>
  </message>
  <message>
   <source>an HDF5 file, such as MINC 2</source>
   <translation>eine HDF5-Datei, etwa MINC 2</translation>
  </message>
  <message>
   <source>a NetCDF file, such as MINC 1</source>
   <translation>eine NetCDF-Datei, etwa MINC 1</translation>
  </message>
  <message>
   <source>a web page</source>
   <translation>eine Webseite</translation>
  </message>
  <message>
   <source>a VTK file of the type {1}</source>
   <translation>eine VTK-Datei vom Typ {1}</translation>
  </message>
  <message>
   <source>an Analyze 7.5 header, which does not say which side of the patient is left</source>
   <translation>ein Analyze-7.5-Kopf, der nicht sagt, welche Seite des Patienten links ist</translation>
  </message>
  <message>
   <source>VTK reports an error</source>
   <translation>VTK meldet einen Fehler</translation>
  </message>
  <message>
   <source>single bits</source>
   <translation>einzelne Bits</translation>
  </message>
  <message>
   <source>complex numbers</source>
   <translation>komplexe Zahlen</translation>
  </message>
  <message>
   <source>128-bit numbers</source>
   <translation>128-Bit-Zahlen</translation>
  </message>
  <message>
   <source>its sform says voxels of {1} mm, its qform (pixdim) {2} mm</source>
   <translation>sform nennt Voxel von {1} mm, qform (pixdim) {2} mm</translation>
  </message>
  <message>
   <source>The size and the place of DICOM images are in their headers</source>
   <translation>Größe und Ort von DICOM-Bildern stehen in deren Kopf</translation>
  </message>
  <message>
   <source>The volume</source>
   <translation>Das Volumen</translation>
  </message>
  <message>
   <source>and more</source>
   <translation>und weitere</translation>
  </message>
  <message>
   <source>A model has no voxels</source>
   <translation>Ein Modell hat keine Voxel</translation>
  </message>
  <message>
   <source>, or give the voxel size with {1}</source>
   <translation>, oder geben Sie die Voxelgröße mit {1} an</translation>
  </message>
  <message>
   <source>cut off</source>
   <translation>abgeschnitten</translation>
  </message>
  <message>
   <source>numbers with a decimal comma</source>
   <translation>Zahlen mit Dezimalkomma</translation>
  </message>
  <message>
   <source>{1}: {2}{3} in place of {4}{5}</source>
   <translation>{1}: {2}{3} statt {4}{5}</translation>
  </message>
  <message>
   <source>not compared: no bone there</source>
   <translation>nicht verglichen: dort kein Knochen</translation>
  </message>
  <message>
   <source>they are numbered 0 to {1}</source>
   <translation>sie sind von 0 bis {1} nummeriert</translation>
  </message>
  <message>
   <source>there are none</source>
   <translation>es gibt keine</translation>
  </message>
  <message>
   <source>{1}-01 to {2}-{3}</source>
   <translation>{1}-01 bis {2}-{3}</translation>
  </message>
  <message>
   <source>{1} cm², {2} mL</source>
   <translation>{1} cm², {2} ml</translation>
  </message>
  <message>
   <source>look for objects in the holes</source>
   <translation>Objekte in Defekten suchen</translation>
  </message>
  <message>
   <source>take the objects out</source>
   <translation>Objekte herausnehmen</translation>
  </message>
  <message>
   <source>sunk {1} mm</source>
   <translation>{1} mm eingesunken</translation>
  </message>
  <message>
   <source>tilted {1}°</source>
   <translation>um {1}° gekippt</translation>
  </message>
  <message>
   <source>level with the vault</source>
   <translation>auf Höhe des Schädeldachs</translation>
  </message>
  <message>
   <source>{1} % of its edge free</source>
   <translation>{1} % des Rands frei</translation>
  </message>
  <message>
   <source>{1} HU on average</source>
   <translation>im Mittel {1} HU</translation>
  </message>
  <message>
   <source>standing out {1} mm</source>
   <translation>{1} mm vorstehend</translation>
  </message>
  <message>
   <source>read the input</source>
   <translation>Eingabe lesen</translation>
  </message>
  <message>
   <source>found by the program</source>
   <translation>vom Programm gefunden</translation>
  </message>
  <message>
   <source>apply the edits</source>
   <translation>Änderungen anwenden</translation>
  </message>
  <message>
   <source>they run from {1} to {2}</source>
   <translation>sie reichen von {1} bis {2}</translation>
  </message>
  <message>
   <source>it has none</source>
   <translation>es hat keine</translation>
  </message>
  <message>
   <source>point {1} moved by {2} mm</source>
   <translation>Punkt {1} um {2} mm verschoben</translation>
  </message>
  <message>
   <source>mask: {1} cm³ of bone added, {2} cm³ removed</source>
   <translation>Maske: {1} cm³ Knochen ergänzt, {2} cm³ entfernt</translation>
  </message>
  <message>
   <source>insertion direction found by the program again</source>
   <translation>Einschubrichtung wieder vom Programm gefunden</translation>
  </message>
  <message>
   <source>{1}: {2}, now {3}</source>
   <translation>{1}: {2}, jetzt {3}</translation>
  </message>
  <message>
   <source>{1} defects, now {2}</source>
   <translation>{1} {1|Defekt|Defekte}, jetzt {2}</translation>
  </message>
  <message>
   <source>trim line of implant {1} as drawn</source>
   <translation>Schnittlinie von Implantat {1} wie gezeichnet</translation>
  </message>
  <message>
   <source>trim line found again</source>
   <translation>Schnittlinie neu gefunden</translation>
  </message>
  <message>
   <source>Thin bone or a gap</source>
   <translation>Dünner Knochen oder eine Unterbrechung</translation>
  </message>
  <message>
   <source>{1}, {2} cm²</source>
   <translation>{1}, {2} cm²</translation>
  </message>
  <message>
   <source>make the DICOM objects</source>
   <translation>DICOM-Objekte erzeugen</translation>
  </message>
  <message>
   <source>The {1} could not be made: {2}</source>
   <translation>Nicht erzeugt werden konnte {1}: {2}</translation>
  </message>
  <message>
   <source>an unexpected error occurred ({1}).</source>
   <translation>unerwarteter Fehler ({1}).</translation>
  </message>
  <message>
   <source>segment the skull after the operation</source>
   <translation>Schädel nachher segmentieren</translation>
  </message>
  <message>
   <source>measure the line</source>
   <translation>Linie messen</translation>
  </message>
  <message>
   <source>the outer table</source>
   <translation>der Tabula externa</translation>
  </message>
  <message>
   <source>no planned opening</source>
   <translation>keine geplante Öffnung</translation>
  </message>
  <message>
   <source>make the {1}</source>
   <translation>{1} erzeugen</translation>
  </message>
  <message>
   <source>The restored surface against the mirrored other side (red: farther out; grey: no sound other side)</source>
   <translation>Rekonstruierte Oberfläche gegen die gespiegelte Gegenseite (rot: weiter außen; grau: keine gesunde Gegenseite)</translation>
  </message>
  <message>
   <source>The line on the skull</source>
   <translation>Die Linie auf dem Schädel</translation>
  </message>
  <message>
   <source>The implant in the opening</source>
   <translation>Das Implantat in der Öffnung</translation>
  </message>
  <message>
   <source>The implant from inside</source>
   <translation>Das Implantat von innen</translation>
  </message>
  <message>
   <source>Cut through implant and cutting guide</source>
   <translation>Schnitt durch Implantat und Sägeführung</translation>
  </message>
  <message>
   <source>plastic that can be sterilised</source>
   <translation>sterilisierbarer Kunststoff</translation>
  </message>
  <message>
   <source>the wall of the cut</source>
   <translation>der Wand des Schnitts</translation>
  </message>
  <message>
   <source>left or right</source>
   <translation>links oder rechts</translation>
  </message>
  <message>
   <source>, {1} mm from where it should be on average</source>
   <translation>, im Mittel {1} mm von seinem Ort entfernt</translation>
  </message>
  <message>
   <source>small: heads of children shorter than</source>
   <translation>klein: Köpfe von Kindern unter</translation>
  </message>
  <message>
   <source>large: heads longer than</source>
   <translation>groß: Köpfe über</translation>
  </message>
  <message>
   <source>the face to the {1} and the vertex to the {2} of the scan</source>
   <translation>das Gesicht nach {1} und der Scheitel nach {2} im Scan</translation>
  </message>
  <message>
   <source>it was trained with another version of SkullRestore, on other features</source>
   <translation>es wurde mit einer anderen Version von SkullRestore an anderen Merkmalen trainiert</translation>
  </message>
  <message>
   <source>no such weight</source>
   <translation>kein solches Gewicht</translation>
  </message>
  <message>
   <source>it is of another network: {1} is {2}, not {3}</source>
   <translation>es gehört zu einem anderen Netz: {1} ist {2}, nicht {3}</translation>
  </message>
  <message>
   <source>side not known</source>
   <translation>Seite unbekannt</translation>
  </message>
  <message>
   <source>the file does not say which side of the patient is left</source>
   <translation>die Datei sagt nicht, welche Seite des Patienten links ist</translation>
  </message>
  <message>
   <source>the model's faces are inside out, as those of a mirror image are</source>
   <translation>die Flächen des Modells sind nach innen gekehrt, wie bei einem Spiegelbild</translation>
  </message>
  <message>
   <source>mould halves</source>
   <translation>Gussformhälften</translation>
  </message>
  <message>
   <source>margin rings</source>
   <translation>Randringe</translation>
  </message>
  <message>
   <source>part {1}</source>
   <translation>Teil {1}</translation>
  </message>
  <message>
   <source>{1} half of the mould</source>
   <translation>{1} Hälfte der Gussform</translation>
  </message>
  <message>
   <source>mm thick</source>
   <translation>mm dick</translation>
  </message>
  <message>
   <source>mm off</source>
   <translation>mm Abw.</translation>
  </message>
  <message>
   <source>mm gap</source>
   <translation>mm Spalt</translation>
  </message>
  <message>
   <source>mm step</source>
   <translation>mm Stufe</translation>
  </message>
  <message>
   <source>mm bent</source>
   <translation>mm Bieg.</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks and {2}: {3}</source>
   <translation>Implantat {1} hat seine Prüfungen nicht bestanden und {2}: {3}</translation>
  </message>
  <message>
   <source>No implant could be made for defect {1}: {2}</source>
   <translation>Für Defekt {1} konnte kein Implantat erzeugt werden: {2}</translation>
  </message>
  <message>
   <source>is withheld</source>
   <translation>wird zurückgehalten</translation>
  </message>
  <message>
   <source>is only written as {1}</source>
   <translation>wird nur als {1} geschrieben</translation>
  </message>
  <message>
   <source>No implant for defect</source>
   <translation>Kein Implantat für Defekt</translation>
  </message>
  <message>
   <source>Restored minus other side (mm)</source>
   <translation>Rekonstruiert minus Gegenseite (mm)</translation>
  </message>
  <message>
   <source>Clip box</source>
   <translation>Schnittquader</translation>
  </message>
  <message>
   <source>Bone threshold preview</source>
   <translation>Vorschau der Knochenschwelle</translation>
  </message>
  <message>
   <source>, as set</source>
   <translation>, wie angegeben</translation>
  </message>
  <message>
   <source>{1} mm (side to side, front to back, up)</source>
   <translation>{1} mm (von Seite zu Seite, von vorn nach hinten, nach oben)</translation>
  </message>
  <message>
   <source>The top of the head is cut off</source>
   <translation>Der Scheitel ist abgeschnitten</translation>
  </message>
  <message>
   <source>The head is cut off at the {1}</source>
   <translation>Der Kopf ist abgeschnitten ({1})</translation>
  </message>
  <message>
   <source>{1} or more</source>
   <translation>{1} oder mehr</translation>
  </message>
  <message>
   <source>The {1} is withheld: {2}</source>
   <translation>Zurückgehalten wird: {1}. {2}</translation>
  </message>
  <message>
   <source>read the headers of the CT</source>
   <translation>CT-Köpfe lesen</translation>
  </message>
  <message>
   <source>{1}, with the settings shown</source>
   <translation>{1} (gezeigte Werte)</translation>
  </message>
  <message>
   <source>Look ahead</source>
   <translation>Vorausrechnen</translation>
  </message>
  <message>
   <source>Arrow {1}</source>
   <translation>Pfeil {1}</translation>
  </message>
  <message>
   <source>Insertion direction {1}</source>
   <translation>Einschubrichtung {1}</translation>
  </message>
  <message>
   <source>no plan</source>
   <translation>kein Plan</translation>
  </message>
  <message>
   <source>grey: not compared</source>
   <translation>grau: nicht verglichen</translation>
  </message>
  <message>
   <source>Voxels of the model</source>
   <translation>Voxel des Modells</translation>
  </message>
  <message>
   <source>Predicted vault</source>
   <translation>Vorhergesagtes Schädeldach</translation>
  </message>
  <message>
   <source>Predicted vault before the cut</source>
   <translation>Vorhergesagtes Schädeldach vor dem Schnitt</translation>
  </message>
  <message>
   <source>Restored surface {1}</source>
   <translation>Rekonstruierte Oberfläche {1}</translation>
  </message>
  <message>
   <source>Selected reference point</source>
   <translation>Gewählter Referenzpunkt</translation>
  </message>
  <message>
   <source>Implant {1}</source>
   <translation>Implantat {1}</translation>
  </message>
  <message>
   <source>mould, {1} half</source>
   <translation>Gussform, {1} Hälfte</translation>
  </message>
  <message>
   <source>Resection line</source>
   <translation>Resektionslinie</translation>
  </message>
  <message>
   <source>Resection line on the bone</source>
   <translation>Resektionslinie auf dem Knochen</translation>
  </message>
  <message>
   <source>Find the head</source>
   <translation>Kopf finden</translation>
  </message>
  <message>
   <source>Draw around the tumour</source>
   <translation>Um den Tumor zeichnen</translation>
  </message>
  <message>
   <source>Middle of the circle</source>
   <translation>Mitte des Kreises</translation>
  </message>
  <message>
   <source>Outline of a missed defect</source>
   <translation>Umriss eines übersehenen Defekts</translation>
  </message>
  <message>
   <source>Written to {1}.{2}</source>
   <translation>Geschrieben nach {1}.{2}</translation>
  </message>
  <message>
   <source>{1} HU, now {2} HU</source>
   <translation>{1} HU, jetzt {2} HU</translation>
  </message>
  <message>
   <source>{1} HU, now automatic</source>
   <translation>{1} HU, jetzt automatisch</translation>
  </message>
  <message>
   <source>Open margin</source>
   <translation>Offener Rand</translation>
  </message>
  <message>
   <source>{1} to {2} (median {3})</source>
   <translation>{1} bis {2} (Median {3})</translation>
  </message>
  <message>
   <source>Area restored (cm²)</source>
   <translation>Fläche rekonstruiert (cm²)</translation>
  </message>
  <message>
   <source>Area before (cm²)</source>
   <translation>Fläche vorher (cm²)</translation>
  </message>
  <message>
   <source>Area error (cm²)</source>
   <translation>Fehler der Fläche (cm²)</translation>
  </message>
  <message>
   <source>Largest deviation (mm)</source>
   <translation>Größte Abweichung (mm)</translation>
  </message>
  <message>
   <source>Mass in {1} (g)</source>
   <translation>Masse in {1} (g)</translation>
  </message>
  <message>
   <source>Other side, mirrored {1}</source>
   <translation>Gegenseite, gespiegelt {1}</translation>
  </message>
  <message>
   <source>three numbers that are not all 0; it was {1}.</source>
   <translation>drei Zahlen, die nicht alle 0 sind; angegeben war {1}.</translation>
  </message>
  <message>
   <source>labels of reference points such as 1-03 (defect and point); one was {1}.</source>
   <translation>Bezeichnungen von Referenzpunkten wie 1-03 (Defekt und Punkt); eine war {1}.</translation>
  </message>
  <message>
   <source>one of {1}; it was {2}.</source>
   <translation>eines von {1}; angegeben war {2}.</translation>
  </message>
  <message>
   <source>a number; it was {1}.</source>
   <translation>eine Zahl; angegeben war {1}.</translation>
  </message>
  <message>
   <source>a whole number; it was {1}.</source>
   <translation>eine ganze Zahl; angegeben war {1}.</translation>
  </message>
  <message>
   <source>whole numbers from 1 on, such as 1, 3; one was {1}.</source>
   <translation>ganze Zahlen ab 1, etwa 1, 3; eine war {1}.</translation>
  </message>
  <message>
   <source>Insertion direction</source>
   <translation>Einsetzrichtung</translation>
  </message>
  <message>
   <source>Bone threshold</source>
   <translation>Knochenschwelle</translation>
  </message>
  <message>
   <source>Grid level</source>
   <translation>Gitterstufe</translation>
  </message>
  <message>
   <source>Date of the scan</source>
   <translation>Datum des Scans</translation>
  </message>
  <message>
   <source>{1} must be {2}</source>
   <translation>{1}: erforderlich ist {2}</translation>
  </message>
  <message>
   <source>a text; it was {1}.</source>
   <translation>ein Text; angegeben war {1}.</translation>
  </message>
  <message>
   <source>no material</source>
   <translation>kein Material</translation>
  </message>
  <message>
   <source>only {1} mm of material</source>
   <translation>nur {1} mm Material</translation>
  </message>
  <message>
   <source>, and a label of {1} mm</source>
   <translation>, und einer Beschriftung von {1} mm</translation>
  </message>
  <message>
   <source>the onlay rim</source>
   <translation>des Auflagerands</translation>
  </message>
  <message>
   <source>the tabs</source>
   <translation>der Laschen</translation>
  </message>
  <message>
   <source>{1} or {2}</source>
   <translation>{1} oder {2}</translation>
  </message>
  <message>
   <source>HU</source>
   <translation>HU</translation>
  </message>
  <message>
   <source>cm²</source>
   <translation>cm²</translation>
  </message>
  <message>
   <source>{1} SD</source>
   <translation>{1} SD</translation>
  </message>
  <message>
   <source>SD</source>
   <translation>SD</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Gerät</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>Gewichte</translation>
  </message>
  <message>
   <source>auto</source>
   <translation>automatisch</translation>
  </message>
  <message>
   <source>remove</source>
   <translation>entfernen</translation>
  </message>
  <message>
   <source>keep</source>
   <translation>behalten</translation>
  </message>
  <message>
   <source>Case code</source>
   <translation>Fallcode</translation>
  </message>
  <message>
   <source>Paper</source>
   <translation>Papier</translation>
  </message>
  <message>
   <source>Letter</source>
   <translation>Letter</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>Sprache</translation>
  </message>
  <message>
   <source>mm</source>
   <translation>mm</translation>
  </message>
  <message>
   <source>tabs</source>
   <translation>Laschen</translation>
  </message>
  <message>
   <source>recesses</source>
   <translation>Vertiefungen</translation>
  </message>
  <message>
   <source>universal</source>
   <translation>universell</translation>
  </message>
  <message>
   <source>micro 1.2</source>
   <translation>Mikro 1.2</translation>
  </message>
  <message>
   <source>neuro 1.5</source>
   <translation>Neuro 1.5</translation>
  </message>
  <message>
   <source>mini 2.0</source>
   <translation>Mini 2.0</translation>
  </message>
  <message>
   <source>PEEK</source>
   <translation>PEEK</translation>
  </message>
  <message>
   <source>PMMA</source>
   <translation>PMMA</translation>
  </message>
  <message>
   <source>titanium</source>
   <translation>Titan</translation>
  </message>
  <message>
   <source>UHMWPE</source>
   <translation>UHMWPE</translation>
  </message>
  <message>
   <source>hydroxyapatite</source>
   <translation>Hydroxylapatit</translation>
  </message>
  <message>
   <source>PDF report</source>
   <translation>der PDF-Bericht</translation>
  </message>
  <message>
   <source>DICOM objects</source>
   <translation>die DICOM-Objekte</translation>
  </message>
  <message>
   <source>The drawing template</source>
   <translation>Die Anzeichenschablone</translation>
  </message>
  <message>
   <source>The cutting guide</source>
   <translation>Die Sägeführung</translation>
  </message>
  <message>
   <source>The drawing template, cut</source>
   <translation>Die Anzeichenschablone, im Schnitt</translation>
  </message>
  <message>
   <source>The cutting guide, cut</source>
   <translation>Die Sägeführung, im Schnitt</translation>
  </message>
  <message>
   <source>The margin ring, cut</source>
   <translation>Der Randring, im Schnitt</translation>
  </message>
  <message>
   <source>on</source>
   <translation>ein</translation>
  </message>
  <message>
   <source>off</source>
   <translation>aus</translation>
  </message>
  <message>
   <source>they</source>
   <translation>diese</translation>
  </message>
  <message>
   <source>outer half of the mould</source>
   <translation>äußere Hälfte der Gussform</translation>
  </message>
  <message>
   <source>inner half of the mould</source>
   <translation>innere Hälfte der Gussform</translation>
  </message>
  <message>
   <source>there are {1} more such gaps</source>
   <translation>es gibt {1} weitere solche {1|Stelle|Stellen}</translation>
  </message>
  <message>
   <source>; there are {1} more such gaps</source>
   <translation>; es gibt {1} weitere solche {1|Stelle|Stellen}</translation>
  </message>
  <message>
   <source>, and more</source>
   <translation>, und weitere</translation>
  </message>
  <message>
   <source>{1} (not passed)</source>
   <translation>{1} (nicht bestanden)</translation>
  </message>
  <message>
   <source>Implant {1}, {2}</source>
   <translation>Implantat {1}, {2}</translation>
  </message>
  <message>
   <source>nowhere would it be lower than on the other side by more than {1} mm</source>
   <translation>nirgends läge sie um mehr als {1} mm tiefer als auf der anderen Seite</translation>
  </message>
  <message>
   <source>mm raised</source>
   <translation>mm angehoben</translation>
  </message>
  <message>
   <source>everywhere</source>
   <translation>überall</translation>
  </message>
  <message>
   <source>Object {1}: {2}</source>
   <translation>Objekt {1}: {2}</translation>
  </message>
  <message>
   <source>Objects that stay</source>
   <translation>Objekte, die bleiben</translation>
  </message>
  <message>
   <source>Objects that go</source>
   <translation>Objekte, die entfernt werden</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreReport</name>
  <message>
   <source>From the front</source>
   <translation>Von vorn</translation>
  </message>
  <message>
   <source>From the back</source>
   <translation>Von hinten</translation>
  </message>
  <message>
   <source>From the left</source>
   <translation>Von links</translation>
  </message>
  <message>
   <source>From the right</source>
   <translation>Von rechts</translation>
  </message>
  <message>
   <source>From above</source>
   <translation>Von oben</translation>
  </message>
  <message>
   <source>SIDE NOT KNOWN: nothing here says which side is left. Compare with the patient before the result is used.</source>
   <translation>SEITE UNBEKANNT: Nichts sagt hier, welche Seite links ist. Vergleichen Sie mit dem Patienten, bevor das Ergebnis verwendet wird.</translation>
  </message>
  <message>
   <source>Revision {1}. Changed against revision {2}: {3}.</source>
   <translation>Revision {1}. Geändert gegenüber Revision {2}: {3}.</translation>
  </message>
  <message>
   <source>{1}: skull, with the restored surface of {2} in blue-green.</source>
   <translation>{1}: Schädel, die rekonstruierte Oberfläche in Blaugrün: {2}.</translation>
  </message>
  <message>
   <source>{1} N at the weakest place</source>
   <translation>{1} N an der schwächsten Stelle</translation>
  </message>
  <message>
   <source>{1} mmHg from inside</source>
   <translation>{1} mmHg von innen</translation>
  </message>
  <message>
   <source>unknown</source>
   <translation>unbekannt</translation>
  </message>
  <message>
   <source>{1}. view chosen by the user</source>
   <translation>{1}. vom Benutzer gewählte Ansicht</translation>
  </message>
  <message>
   <source>Straight at object {1}, {2}; nothing restored is over it</source>
   <translation>Gerade auf Objekt {1}, {2}; nichts Rekonstruiertes liegt darüber</translation>
  </message>
  <message>
   <source>Straight at defect {1}</source>
   <translation>Gerade auf Defekt {1}</translation>
  </message>
  <message>
   <source>Section {1}; the letters name the patient's sides.</source>
   <translation>Schnitt {1}; die Buchstaben nennen die Seiten des Patienten.</translation>
  </message>
  <message>
   <source>Seen from outside; the arrow shows how it is put in.</source>
   <translation>Von außen; der Pfeil zeigt, wie es eingesetzt wird.</translation>
  </message>
  <message>
   <source>Seen from inside the head.</source>
   <translation>Aus dem Kopfinneren gesehen.</translation>
  </message>
  <message>
   <source>Cut through the middle along the insertion direction, and its two ends enlarged.</source>
   <translation>Schnitt längs der Einschubrichtung, darunter beide Enden vergrößert.</translation>
  </message>
  <message>
   <source>Thickness along the surface's normal, mm; at the rim the edge ends it.</source>
   <translation>Dicke senkrecht zur Oberfläche, mm; am Rand endet sie an der Kante.</translation>
  </message>
  <message>
   <source>Distance to the bone, mm, seen from inside; grey is far from bone.</source>
   <translation>Abstand zum Knochen, mm, von innen gesehen; grau ist weit vom Knochen.</translation>
  </message>
  <message>
   <source>Step of the outer face to the bone's outer table along the rim, mm: red stands out, blue is lower.</source>
   <translation>Stufe der Außenfläche zur Tabula externa entlang des Rands, mm: Rot steht vor, Blau liegt tiefer.</translation>
  </message>
  <message>
   <source>How far the outer face is raised over the restored surface for the skin, mm.</source>
   <translation>Wie weit die Außenseite für die Haut über die wiederhergestellte Oberfläche angehoben ist, mm.</translation>
  </message>
  <message>
   <source>Estimated safety factor under a push at each place; dark places are weak.</source>
   <translation>Geschätzter Sicherheitsfaktor bei Druck auf jede Stelle; dunkle Stellen sind schwach.</translation>
  </message>
  <message>
   <source>Estimated deflection under a push at the weakest place, mm.</source>
   <translation>Geschätzte Durchbiegung bei Druck auf die schwächste Stelle, mm.</translation>
  </message>
  <message>
   <source>Where the sections are, seen from outside.</source>
   <translation>Lage der Schnitte, von außen gesehen.</translation>
  </message>
  <message>
   <source>Restored surface against the reference, mm: red is too high, blue too low.</source>
   <translation>Rekonstruierte Oberfläche gegen die Referenz, mm: Rot ist zu hoch, Blau zu tief.</translation>
  </message>
  <message>
   <source>Picture of the 3D view, as the user turned it and chose what is shown.</source>
   <translation>Bild der 3D-Ansicht, wie der Benutzer sie gedreht und eingestellt hat.</translation>
  </message>
  <message>
   <source>{1}: skull; no defect of the vault was found.</source>
   <translation>{1}: Schädel; am Schädeldach wurde kein Defekt gefunden.</translation>
  </message>
  <message>
   <source>There is no line for a signature, because {1}.</source>
   <translation>Es gibt keine Zeile für eine Unterschrift, weil gilt: {1}.</translation>
  </message>
  <message>
   <source>{1} and {2}</source>
   <translation>{1} und {2}</translation>
  </message>
  <message>
   <source>Purple rings in the pictures show the places.</source>
   <translation>Violette Ringe in den Bildern zeigen die Stellen.</translation>
  </message>
  <message>
   <source>{1} mL</source>
   <translation>{1} ml</translation>
  </message>
  <message>
   <source>{1} mm</source>
   <translation>{1} mm</translation>
  </message>
  <message>
   <source>passed</source>
   <translation>bestanden</translation>
  </message>
  <message>
   <source>NOT PASSED</source>
   <translation>NICHT BESTANDEN</translation>
  </message>
  <message>
   <source>not measured</source>
   <translation>nicht gemessen</translation>
  </message>
  <message>
   <source>{1} (asked: {2})</source>
   <translation>{1} (verlangt: {2})</translation>
  </message>
  <message>
   <source>yes</source>
   <translation>ja</translation>
  </message>
  <message>
   <source>From one side</source>
   <translation>Von der einen Seite</translation>
  </message>
  <message>
   <source>From the other side</source>
   <translation>Von der anderen Seite</translation>
  </message>
  <message>
   <source>defect {1} ({2}, {3} cm²)</source>
   <translation>Defekt {1} ({2}, {3} cm²)</translation>
  </message>
  <message>
   <source>implant {1} did not pass all checks</source>
   <translation>Implantat {1} hat nicht alle Prüfungen bestanden</translation>
  </message>
  <message>
   <source>defect {1} has no implant</source>
   <translation>Defekt {1} hat kein Implantat</translation>
  </message>
  <message>
   <source>implants {1} did not pass all checks</source>
   <translation>die Implantate {1} haben nicht alle Prüfungen bestanden</translation>
  </message>
  <message>
   <source>defects {1} have no implant</source>
   <translation>die Defekte {1} haben kein Implantat</translation>
  </message>
  <message>
   <source>All checks, parts and mould included</source>
   <translation>Alle Prüfungen, mit Teilen und Gussform</translation>
  </message>
  <message>
   <source>Closed, manifold, turned outwards, free of cuts</source>
   <translation>Geschlossen, mannigfaltig, nach außen gerichtet, ohne Durchdringung</translation>
  </message>
  <message>
   <source>Places at which it reaches into bone</source>
   <translation>Stellen, an denen es in Knochen ragt</translation>
  </message>
  <message>
   <source>Thickness away from the rim, mm: least, median, most</source>
   <translation>Dicke abseits des Rands, mm: kleinste, Median, größte</translation>
  </message>
  <message>
   <source>Thinnest edge, mm</source>
   <translation>Dünnste Kante, mm</translation>
  </message>
  <message>
   <source>Defect covered, without and with the gap</source>
   <translation>Defekt bedeckt, ohne und mit dem Spalt</translation>
  </message>
  <message>
   <source>Not covered although no bone is there, cm²</source>
   <translation>Unbedeckt, obwohl dort kein Knochen ist, cm²</translation>
  </message>
  <message>
   <source>Undercut bone, mm²</source>
   <translation>Hinterschnittener Knochen, mm²</translation>
  </message>
  <message>
   <source>Volume, mL</source>
   <translation>Volumen, ml</translation>
  </message>
  <message>
   <source>Mass in {1}, g</source>
   <translation>Masse in {1}, g</translation>
  </message>
  <message>
   <source>Mass in other materials, g</source>
   <translation>Masse in anderen Materialien, g</translation>
  </message>
  <message>
   <source>Size for printing, mm</source>
   <translation>Größe für den Druck, mm</translation>
  </message>
  <message>
   <source>Triangles</source>
   <translation>Dreiecke</translation>
  </message>
  <message>
   <source>Moved by thinning out the triangles, mm</source>
   <translation>Verschoben durch Ausdünnen der Dreiecke, mm</translation>
  </message>
  <message>
   <source>at most {1}</source>
   <translation>höchstens {1}</translation>
  </message>
  <message>
   <source>Outer face raised for the skin, mm: most</source>
   <translation>Außenseite für die Haut angehoben, mm: höchstens</translation>
  </message>
  <message>
   <source>Muscle left over the bone around the defect</source>
   <translation>Muskel, der über dem Knochen um den Defekt geblieben ist</translation>
  </message>
  <message>
   <source>{1} %</source>
   <translation>{1} %</translation>
  </message>
  <message>
   <source>Skin expected over {1} cm² to the mirrored skin, mm: mean, 95 %</source>
   <translation>Erwartete Haut über {1} cm² zur gespiegelten Haut, mm: Mittel, 95 %</translation>
  </message>
  <message>
   <source>The same if it were not raised</source>
   <translation>Dasselbe ohne Anhebung</translation>
  </message>
  <message>
   <source>Strength, an estimate for research: held at</source>
   <translation>Festigkeit, Schätzung für die Forschung: gehalten an</translation>
  </message>
  <message>
   <source>its rim</source>
   <translation>seinem Rand</translation>
  </message>
  <message>
   <source>its fixations</source>
   <translation>seinen Befestigungen</translation>
  </message>
  <message>
   <source>Weakest place (x, y, z in RAS), mm</source>
   <translation>Schwächste Stelle (x, y, z in RAS), mm</translation>
  </message>
  <message>
   <source>Safety factor under {1}</source>
   <translation>Sicherheitsfaktor bei {1}</translation>
  </message>
  <message>
   <source>Deflection under {1}, mm</source>
   <translation>Durchbiegung bei {1}, mm</translation>
  </message>
  <message>
   <source>Clearance at the body's edge, mm: least, median, most</source>
   <translation>Spalt an der Kante, mm: kleinster, Median, größter</translation>
  </message>
  <message>
   <source>The same seen from the bone, notches included, mm</source>
   <translation>Dasselbe vom Knochen aus, mit Kerben, mm</translation>
  </message>
  <message>
   <source>Margin with clearance within 0.3 mm</source>
   <translation>Rand mit Spalt innerhalb 0.3 mm</translation>
  </message>
  <message>
   <source>{1} mm from the implant</source>
   <translation>{1} mm vom Implantat</translation>
  </message>
  <message>
   <source>{1} mm from the next part</source>
   <translation>{1} mm vom nächsten Teil</translation>
  </message>
  <message>
   <source>at most {1} mm off the implant, {2} mm² catch</source>
   <translation>höchstens {1} mm vom Implantat, {2} mm² klemmen</translation>
  </message>
  <message>
   <source>{1} {1|channel|channels} open</source>
   <translation>{1} {1|Kanal|Kanäle} offen</translation>
  </message>
  <message>
   <source>{1}, withheld</source>
   <translation>{1}, zurückgehalten</translation>
  </message>
  <message>
   <source>NO</source>
   <translation>NEIN</translation>
  </message>
  <message>
   <source>Thickness against what was asked at its place, mm: least, median, most</source>
   <translation>Dicke gegenüber der dort verlangten, mm: kleinste, Median, größte</translation>
  </message>
  <message>
   <source>Least material next to a hole, mm</source>
   <translation>Wenigstes Material neben einem Loch, mm</translation>
  </message>
  <message>
   <source>Depth of the label, mm</source>
   <translation>Tiefe der Beschriftung, mm</translation>
  </message>
  <message>
   <source>Step to the outer table along the rim, mm: least, median, most</source>
   <translation>Stufe zur Tabula externa am Rand, mm: kleinste, Median, größte</translation>
  </message>
  <message>
   <source>By the head frame, about how far from it, mm</source>
   <translation>Nach dem Kopfrahmen, Abstand ungefähr, mm</translation>
  </message>
  <message>
   <source>Insertion direction (x, y, z in RAS)</source>
   <translation>Einschubrichtung (x, y, z in RAS)</translation>
  </message>
  <message>
   <source>Gap under the rim that rests on the bone, mm: least, median, most</source>
   <translation>Spalt unter dem aufliegenden Rand, mm: kleinster, Median, größter</translation>
  </message>
  <message>
   <source>no bone</source>
   <translation>kein Knochen</translation>
  </message>
  <message>
   <source>Below the area limit of {1} cm².</source>
   <translation>Unter der Flächengrenze von {1} cm².</translation>
  </message>
  <message>
   <source>{1} {1|defect|defects} restored, {2} cm² in all.</source>
   <translation>{1} {1|Defekt|Defekte} rekonstruiert, zusammen {2} cm².</translation>
  </message>
  <message>
   <source>What was measured on implant {1}, which is withheld</source>
   <translation>An Implantat {1} gemessen, das zurückgehalten wird</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks. It is only written as {2}; do not print it.</source>
   <translation>Implantat {1} hat seine Prüfungen nicht bestanden. Es ist nur als {2} geschrieben; drucken Sie es nicht.</translation>
  </message>
  <message>
   <source>Case {1}, revision {2} of {3}</source>
   <translation>Fall {1}, Revision {2} vom {3}</translation>
  </message>
  <message>
   <source>Order of assembly: {1}. The outer half of each joint covers the part that is in already.</source>
   <translation>Reihenfolge des Zusammenbaus: {1}. Die äußere Hälfte jeder Fuge bedeckt das schon eingesetzte Teil.</translation>
  </message>
  <message>
   <source>Reference points moved by hand: {1}.</source>
   <translation>Von Hand verschobene Referenzpunkte: {1}.</translation>
  </message>
  <message>
   <source>What was measured on {1}</source>
   <translation>Gemessen an {1}</translation>
  </message>
  <message>
   <source>No implant could be made for defect {1}.</source>
   <translation>Für Defekt {1} konnte kein Implantat erzeugt werden.</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks. Its files are withheld.</source>
   <translation>Implantat {1} hat seine Prüfungen nicht bestanden. Seine Dateien werden zurückgehalten.</translation>
  </message>
  <message>
   <source>R right, L left</source>
   <translation>R rechts, L links</translation>
  </message>
  <message>
   <source>? one side or the other</source>
   <translation>? eine Seite oder die andere</translation>
  </message>
  <message>
   <source>{1} uncertain</source>
   <translation>{1} unsicher</translation>
  </message>
  <message>
   <source>{1} moved by hand</source>
   <translation>{1} von Hand verschoben</translation>
  </message>
  <message>
   <source>partly open: runs into the base or the edge of the scan</source>
   <translation>teils offen: läuft in die Basis oder den Rand des Scans</translation>
  </message>
  <message>
   <source>closed</source>
   <translation>geschlossen</translation>
  </message>
  <message>
   <source>no implant was made</source>
   <translation>kein Implantat erzeugt</translation>
  </message>
  <message>
   <source>withheld</source>
   <translation>zurückgehalten</translation>
  </message>
  <message>
   <source>skull</source>
   <translation>Schädel</translation>
  </message>
  <message>
   <source>restored surface</source>
   <translation>rekonstruierte Oberfläche</translation>
  </message>
  <message>
   <source>margin</source>
   <translation>Rand</translation>
  </message>
  <message>
   <source>reference point</source>
   <translation>Referenzpunkt</translation>
  </message>
  <message>
   <source>uncertain reference point (confidence below {1}): check it</source>
   <translation>unsicherer Referenzpunkt (Sicherheit unter {1}): prüfen</translation>
  </message>
  <message>
   <source>{1}, A front, P back, S up, I down: sides of the patient</source>
   <translation>{1}, A vorn, P hinten, S oben, I unten: Seiten des Patienten</translation>
  </message>
  <message>
   <source>Input</source>
   <translation>Eingabe</translation>
  </message>
  <message>
   <source>CT</source>
   <translation>CT</translation>
  </message>
  <message>
   <source>bone mask</source>
   <translation>Knochenmaske</translation>
  </message>
  <message>
   <source>skull model</source>
   <translation>Schädelmodell</translation>
  </message>
  <message>
   <source>{1} (found from the image)</source>
   <translation>{1} (aus dem Bild bestimmt)</translation>
  </message>
  <message>
   <source>Fit of the head frame, mm</source>
   <translation>Passung des Kopfsystems, mm</translation>
  </message>
  <message>
   <source>Vault covered by bone</source>
   <translation>Von Knochen bedecktes Schädeldach</translation>
  </message>
  <message>
   <source>Smallest defect restored, cm²</source>
   <translation>Kleinster rekonstruierter Defekt, cm²</translation>
  </message>
  <message>
   <source>Reference points asked for</source>
   <translation>Verlangte Referenzpunkte</translation>
  </message>
  <message>
   <source>{1} per defect</source>
   <translation>{1} je Defekt</translation>
  </message>
  <message>
   <source>Fullness</source>
   <translation>Wölbung</translation>
  </message>
  <message>
   <source>{1} SD: {2}</source>
   <translation>{1} SD: {2}</translation>
  </message>
  <message>
   <source>Grid level, device</source>
   <translation>Gitterstufe, Gerät</translation>
  </message>
  <message>
   <source>Total time, s</source>
   <translation>Gesamtzeit, s</translation>
  </message>
  <message>
   <source>Peak memory, MB</source>
   <translation>Speicherspitze, MB</translation>
  </message>
  <message>
   <source>Weights, SHA-256</source>
   <translation>Gewichte, SHA-256</translation>
  </message>
  <message>
   <source>Case code</source>
   <translation>Fallcode</translation>
  </message>
  <message>
   <source>Revision and date</source>
   <translation>Revision und Datum</translation>
  </message>
  <message>
   <source>{1}, made on {2}</source>
   <translation>{1}, erstellt am {2}</translation>
  </message>
  <message>
   <source>Side</source>
   <translation>Seite</translation>
  </message>
  <message>
   <source>Date of the CT</source>
   <translation>Datum des CT</translation>
  </message>
  <message>
   <source>Slice thickness, mm</source>
   <translation>Schichtdicke, mm</translation>
  </message>
  <message>
   <source>Kernel</source>
   <translation>Kern</translation>
  </message>
  <message>
   <source>{1} first</source>
   <translation>zuerst {1}</translation>
  </message>
  <message>
   <source>Up when printed (x, y, z in the file, LPS)</source>
   <translation>Oben beim Druck (x, y, z in der Datei, LPS)</translation>
  </message>
  <message>
   <source>Supports</source>
   <translation>Stützen</translation>
  </message>
  <message>
   <source>under the inner face only; the outer face is up</source>
   <translation>nur unter der Innenfläche; die Außenfläche zeigt nach oben</translation>
  </message>
  <message>
   <source>Height and footprint, mm</source>
   <translation>Höhe und Grundfläche, mm</translation>
  </message>
  <message>
   <source>Tolerance of the printed body, mm</source>
   <translation>Toleranz des gedruckten Körpers, mm</translation>
  </message>
  <message>
   <source>object in the hole</source>
   <translation>Objekt im Defekt</translation>
  </message>
  <message>
   <source>Voxels</source>
   <translation>Voxel</translation>
  </message>
  <message>
   <source>Voxel size, mm</source>
   <translation>Voxelgröße, mm</translation>
  </message>
  <message>
   <source>Bone threshold, HU</source>
   <translation>Knochenschwelle, HU</translation>
  </message>
  <message>
   <source>Series UID</source>
   <translation>Serien-UID</translation>
  </message>
  <message>
   <source>no defect</source>
   <translation>kein Defekt</translation>
  </message>
  <message>
   <source>not known</source>
   <translation>unbekannt</translation>
  </message>
  <message>
   <source>Implant: {1}</source>
   <translation>Implantat: {1}</translation>
  </message>
  <message>
   <source>Time for '{1}', s</source>
   <translation>Zeit für „{1}“, s</translation>
  </message>
  <message>
   <source>then {1}</source>
   <translation>dann {1}</translation>
  </message>
  <message>
   <source>{1}, up to {2} mm from the line</source>
   <translation>{1}, bis {2} mm von der Linie</translation>
  </message>
  <message>
   <source>The restored surface is {1} mm farther out than the mirrored other side in the median; 95 % of it differ by less than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error.</source>
   <translation>Die rekonstruierte Oberfläche liegt im Median {1} mm weiter außen als die gespiegelte Gegenseite; 95 % weichen um weniger als {2} mm ab (verglichen werden konnten {3} %). Köpfe sind nicht symmetrisch: Das ist kein Fehler.</translation>
  </message>
  <message>
   <source>The restored surface is {1} mm farther in than the mirrored other side in the median; 95 % of it differ by less than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error.</source>
   <translation>Die rekonstruierte Oberfläche liegt im Median {1} mm weiter innen als die gespiegelte Gegenseite; 95 % weichen um weniger als {2} mm ab (verglichen werden konnten {3} %). Köpfe sind nicht symmetrisch: Das ist kein Fehler.</translation>
  </message>
  <message>
   <source>kerf {1} mm, {2}</source>
   <translation>Sägespalt {1} mm, {2}</translation>
  </message>
  <message>
   <source>wall {1}</source>
   <translation>Wand {1}</translation>
  </message>
  <message>
   <source>none</source>
   <translation>keine</translation>
  </message>
  <message>
   <source>Nothing can be compared: the other side is missing, or the opening crosses the mid-line.</source>
   <translation>Es kann nichts verglichen werden: Die Gegenseite fehlt, oder die Öffnung überquert die Mittellinie.</translation>
  </message>
  <message>
   <source>Research use only. Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Nur für die Forschung. Von keiner Behörde zugelassen; jeden Entwurf muss ein qualifizierter Arzt freigeben.</translation>
  </message>
  <message>
   <source>Resection plan</source>
   <translation>Resektionsplan</translation>
  </message>
  <message>
   <source>The frontal sinus is measured in this CT. The venous sinuses, mastoid and orbit are where they are in most heads: check them in the images.</source>
   <translation>Die Stirnhöhle ist in diesem CT gemessen. Venöse Sinus, Mastoid und Augenhöhle sind dort angenommen, wo sie bei den meisten Köpfen liegen: Prüfen Sie sie in den Bildern.</translation>
  </message>
  <message>
   <source>Against the mirrored other side</source>
   <translation>Gegen die gespiegelte Gegenseite</translation>
  </message>
  <message>
   <source>outside the line</source>
   <translation>außerhalb der Linie</translation>
  </message>
  <message>
   <source>half on each side of the line</source>
   <translation>je zur Hälfte auf beiden Seiten der Linie</translation>
  </message>
  <message>
   <source>inside the line</source>
   <translation>innerhalb der Linie</translation>
  </message>
  <message>
   <source>Area inside the line</source>
   <translation>Fläche innerhalb der Linie</translation>
  </message>
  <message>
   <source>{1} cm²</source>
   <translation>{1} cm²</translation>
  </message>
  <message>
   <source>Length of the line</source>
   <translation>Länge der Linie</translation>
  </message>
  <message>
   <source>{1} mm; it bends with a radius of at least {2} mm</source>
   <translation>{1} mm; kleinster Krümmungsradius {2} mm</translation>
  </message>
  <message>
   <source>Cut</source>
   <translation>Schnitt</translation>
  </message>
  <message>
   <source>The opening</source>
   <translation>Die Öffnung</translation>
  </message>
  <message>
   <source>is defect {1} of the report, where its implant is</source>
   <translation>ist Defekt {1} des Berichts, dort steht das Implantat</translation>
  </message>
  <message>
   <source>outer face {1}° from upwards</source>
   <translation>Außenfläche {1}° von oben</translation>
  </message>
  <message>
   <source>{1} cm², {2} on the inner face</source>
   <translation>{1} cm², davon {2} innen</translation>
  </message>
  <message>
   <source>Warnings</source>
   <translation>Warnungen</translation>
  </message>
  <message>
   <source>Distances of the line</source>
   <translation>Abstände der Linie</translation>
  </message>
  <message>
   <source>Guides</source>
   <translation>Führungen</translation>
  </message>
  <message>
   <source>To be printed</source>
   <translation>Zu drucken</translation>
  </message>
  <message>
   <source>Supports leave marks: orientations with little overhang on the face towards dura and bone come first. The rotation into each orientation is in plan.json.</source>
   <translation>Stützen hinterlassen Spuren: Lagen mit wenig Überhang auf der Fläche zu Dura und Knochen kommen zuerst. Die Drehung in jede Lage steht in plan.json.</translation>
  </message>
  <message>
   <source>Pictures</source>
   <translation>Bilder</translation>
  </message>
  <message>
   <source>crossed or enclosed</source>
   <translation>gekreuzt oder umschlossen</translation>
  </message>
  <message>
   <source>Withheld: {1}</source>
   <translation>Zurückgehalten: {1}</translation>
  </message>
  <message>
   <source>Guide</source>
   <translation>Führung</translation>
  </message>
  <message>
   <source>Edge off the line (95 %)</source>
   <translation>Kante neben der Linie (95 %)</translation>
  </message>
  <message>
   <source>Contact</source>
   <translation>Auflage</translation>
  </message>
  <message>
   <source>Feet</source>
   <translation>Füße</translation>
  </message>
  <message>
   <source>Play</source>
   <translation>Spiel</translation>
  </message>
  <message>
   <source>Size</source>
   <translation>Größe</translation>
  </message>
  <message>
   <source>Volume</source>
   <translation>Volumen</translation>
  </message>
  <message>
   <source>Part</source>
   <translation>Teil</translation>
  </message>
  <message>
   <source>File</source>
   <translation>Datei</translation>
  </message>
  <message>
   <source>Material</source>
   <translation>Material</translation>
  </message>
  <message>
   <source>Orientation</source>
   <translation>Lage</translation>
  </message>
  <message>
   <source>Overhang</source>
   <translation>Überhang</translation>
  </message>
  <message>
   <source>Height</source>
   <translation>Höhe</translation>
  </message>
  <message>
   <source>On the bed</source>
   <translation>Auf dem Bett</translation>
  </message>
  <message>
   <source>{1}° bevel</source>
   <translation>{1}° Schräge</translation>
  </message>
  <message>
   <source>{1} mm²</source>
   <translation>{1} mm²</translation>
  </message>
  <message>
   <source>{1} mm, {2}°</source>
   <translation>{1} mm, {2}°</translation>
  </message>
  <message>
   <source>SkullRestore {1}, weights {2}</source>
   <translation>SkullRestore {1}, Gewichte {2}</translation>
  </message>
  <message>
   <source>Approved</source>
   <translation>Freigegeben</translation>
  </message>
  <message>
   <source>Approved with changes</source>
   <translation>Mit Änderungen freigegeben</translation>
  </message>
  <message>
   <source>Rejected</source>
   <translation>Abgelehnt</translation>
  </message>
  <message>
   <source>Skull restoration</source>
   <translation>Schädelrekonstruktion</translation>
  </message>
  <message>
   <source>Checks that were not passed</source>
   <translation>Nicht bestandene Prüfungen</translation>
  </message>
  <message>
   <source>Defect {1}: {2}</source>
   <translation>Defekt {1}: {2}</translation>
  </message>
  <message>
   <source>Design checked by a qualified clinician:</source>
   <translation>Entwurf geprüft durch qualifizierten Arzt:</translation>
  </message>
  <message>
   <source>Files of meshes, volumes and points are in LPS millimetres. Positions in restoration.json are in RAS millimetres.</source>
   <translation>Netz-, Volumen- und Punktdateien sind in LPS-Millimetern. Positionen in restoration.json sind in RAS-Millimetern. Dezimalzeichen ist der Punkt.</translation>
  </message>
  <message>
   <source>No defect of the skull vault was found. There is nothing to restore; no implant was made.</source>
   <translation>Am Schädeldach wurde kein Defekt gefunden. Es gibt nichts zu rekonstruieren; ein Implantat wurde nicht erzeugt.</translation>
  </message>
  <message>
   <source>Defects</source>
   <translation>Defekte</translation>
  </message>
  <message>
   <source>Implants</source>
   <translation>Implantate</translation>
  </message>
  <message>
   <source>Small holes, not restored</source>
   <translation>Kleine Defekte, nicht rekonstruiert</translation>
  </message>
  <message>
   <source>Notes</source>
   <translation>Hinweise</translation>
  </message>
  <message>
   <source>Fixation (positions in RAS)</source>
   <translation>Befestigung (Positionen in RAS)</translation>
  </message>
  <message>
   <source>name</source>
   <translation>Name</translation>
  </message>
  <message>
   <source>signature</source>
   <translation>Unterschrift</translation>
  </message>
  <message>
   <source>date</source>
   <translation>Datum</translation>
  </message>
  <message>
   <source>How it was made</source>
   <translation>Wie es entstand</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>Dateien</translation>
  </message>
  <message>
   <source>A report cannot hold its own checksum. Those of report.html and report.pdf are in restoration.json, which holds all but its own. Files that were put into the folder later are not listed.</source>
   <translation>Ein Bericht kann seine eigene Prüfsumme nicht enthalten. Die von report.html und report.pdf stehen in restoration.json, das alle außer der eigenen enthält. Später in den Ordner gelegte Dateien sind nicht aufgeführt.</translation>
  </message>
  <message>
   <source>No.</source>
   <translation>Nr.</translation>
  </message>
  <message>
   <source>Place</source>
   <translation>Ort</translation>
  </message>
  <message>
   <source>Area, cm²</source>
   <translation>Fläche, cm²</translation>
  </message>
  <message>
   <source>Width × depth × height, mm</source>
   <translation>Breite × Tiefe × Höhe, mm</translation>
  </message>
  <message>
   <source>Reference points</source>
   <translation>Referenzpunkte</translation>
  </message>
  <message>
   <source>Margin</source>
   <translation>Rand</translation>
  </message>
  <message>
   <source>Standard error of surface, mm</source>
   <translation>Standardfehler der Fläche, mm</translation>
  </message>
  <message>
   <source>For defect</source>
   <translation>Für Defekt</translation>
  </message>
  <message>
   <source>Thickness, mm</source>
   <translation>Dicke, mm</translation>
  </message>
  <message>
   <source>Clearance to bone, mm</source>
   <translation>Spalt zum Knochen, mm</translation>
  </message>
  <message>
   <source>All checks</source>
   <translation>Alle Prüfungen</translation>
  </message>
  <message>
   <source>What</source>
   <translation>Was</translation>
  </message>
  <message>
   <source>x (right), mm</source>
   <translation>x (rechts), mm</translation>
  </message>
  <message>
   <source>y (front), mm</source>
   <translation>y (vorn), mm</translation>
  </message>
  <message>
   <source>z (up), mm</source>
   <translation>z (oben), mm</translation>
  </message>
  <message>
   <source>Screw towards (x, y, z)</source>
   <translation>Schraubrichtung (x, y, z)</translation>
  </message>
  <message>
   <source>Printing</source>
   <translation>Druck</translation>
  </message>
  <message>
   <source>Bytes</source>
   <translation>Bytes</translation>
  </message>
  <message>
   <source>SHA-256</source>
   <translation>SHA-256</translation>
  </message>
  <message>
   <source>The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix (Kodym et al., Data in Brief 35:106902, 2021), which was made from CQ500 (Chilamkurthy et al., Lancet 2018).</source>
   <translation>Gewichte des Netzes und Formstatistik (Lizenz CC BY-NC-SA 4.0) wurden aus SkullFix gelernt (Kodym et al., Data in Brief 35:106902, 2021), das aus CQ500 entstand (Chilamkurthy et al., Lancet 2018).</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</source>
   <translation>Methode nach Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</translation>
  </message>
  <message>
   <source>Settings of this implant</source>
   <translation>Einstellungen dieses Implantats</translation>
  </message>
  <message>
   <source>page {1} of {2}</source>
   <translation>Seite {1} von {2}</translation>
  </message>
  <message>
   <source>Implant {1}.</source>
   <translation>Implantat {1}.</translation>
  </message>
  <message>
   <source>SkullRestore report</source>
   <translation>SkullRestore-Bericht</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreWeb</name>
  <message>
   <source>Case that is open</source>
   <translation>Offener Fall</translation>
  </message>
  <message>
   <source>Uploading</source>
   <translation>Hochladen</translation>
  </message>
  <message>
   <source>Upload</source>
   <translation>Hochladen</translation>
  </message>
  <message>
   <source>Undo (Ctrl+Z)</source>
   <translation>Rückgängig (Strg+Z)</translation>
  </message>
  <message>
   <source>Redo (Ctrl+Y)</source>
   <translation>Wiederholen (Strg+Y)</translation>
  </message>
  <message>
   <source>Signing out closes the case.</source>
   <translation>Beim Abmelden wird der Fall geschlossen.</translation>
  </message>
  <message>
   <source>Sign out</source>
   <translation>Abmelden</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>Schritte</translation>
  </message>
  <message>
   <source>Input</source>
   <translation>Eingabe</translation>
  </message>
  <message>
   <source>A CT of the patient's head with the defect: the complete head, slices of 1 mm or thinner, bone kernel.</source>
   <translation>Ein CT vom Kopf des Patienten mit dem Defekt: der ganze Kopf, Schichten von höchstens 1 mm, Knochenkern.</translation>
  </message>
  <message>
   <source>DICOM folder</source>
   <translation>DICOM-Ordner</translation>
  </message>
  <message>
   <source>File</source>
   <translation>Datei</translation>
  </message>
  <message>
   <source>File: a zip of the DICOM folder, a CT or bone mask as NRRD, NIfTI or MHA, or a skull model as STL, PLY, OBJ or VTP; or the file case.npz of an earlier result, to go on with it; up to {1} MB. You can also drop it anywhere on this page.</source>
   <translation>Datei: ein Zip des DICOM-Ordners, ein CT oder eine Knochenmaske als NRRD, NIfTI oder MHA, oder ein Schädelmodell als STL, PLY, OBJ oder VTP; oder die Datei case.npz eines früheren Ergebnisses, um damit weiterzuarbeiten; bis {1} MB. Sie kann auch irgendwo auf diese Seite gezogen werden.</translation>
  </message>
  <message>
   <source>This opens another case.</source>
   <translation>Damit wird ein anderer Fall geöffnet.</translation>
  </message>
  <message>
   <source>Sample case</source>
   <translation>Beispielfall</translation>
  </message>
  <message>
   <source>A synthetic head with a hole; nothing is downloaded.</source>
   <translation>Ein künstlicher Kopf mit einem Defekt; nichts wird heruntergeladen.</translation>
  </message>
  <message>
   <source>CT series</source>
   <translation>CT-Serien</translation>
  </message>
  <message>
   <source>The upload holds several CT series. Choose the head with the thinnest slices:</source>
   <translation>Hochgeladen wurden mehrere CT-Serien. Wählen Sie den Kopf mit den dünnsten Schichten:</translation>
  </message>
  <message>
   <source>Notes about the input</source>
   <translation>Hinweise zur Eingabe</translation>
  </message>
  <message>
   <source>This closes the case.</source>
   <translation>Damit wird der Fall geschlossen.</translation>
  </message>
  <message>
   <source>Close this case</source>
   <translation>Diesen Fall schließen</translation>
  </message>
  <message>
   <source>optional</source>
   <translation>bei Bedarf</translation>
  </message>
  <message>
   <source>Bone threshold in HU</source>
   <translation>Knochenschwelle in HU</translation>
  </message>
  <message>
   <source>The skull in the views was segmented with {1}. “Restore” and “Segment the bone” use what is chosen now.</source>
   <translation>Der Schädel in den Ansichten wurde mit {1} segmentiert. „Rekonstruieren“ und „Knochen segmentieren“ nehmen, was jetzt gewählt ist.</translation>
  </message>
  <message>
   <source>Segment the bone</source>
   <translation>Knochen segmentieren</translation>
  </message>
  <message>
   <source>Small pieces of bone without connection to the skull:</source>
   <translation>Kleine Knochenstücke ohne Verbindung zum Schädel:</translation>
  </message>
  <message>
   <source>Remove the bone island of {1}</source>
   <translation>Die Knocheninsel von {1} entfernen</translation>
  </message>
  <message>
   <source>Remove</source>
   <translation>Entfernen</translation>
  </message>
  <message>
   <source>Defects – select one to centre the views on it</source>
   <translation>Defekte – einen wählen, um die Ansichten auf ihn zu zentrieren</translation>
  </message>
  <message>
   <source>Restored</source>
   <translation>Rekonstruiert</translation>
  </message>
  <message>
   <source>Place</source>
   <translation>Ort</translation>
  </message>
  <message>
   <source>Area, cm²</source>
   <translation>Fläche, cm²</translation>
  </message>
  <message>
   <source>Restore defect {1}</source>
   <translation>Defekt {1} rekonstruieren</translation>
  </message>
  <message>
   <source>open margin</source>
   <translation>offener Rand</translation>
  </message>
  <message>
   <source>{1} uncertain</source>
   <translation>{1} unsicher</translation>
  </message>
  <message>
   <source>{1} moved</source>
   <translation>{1} verschoben</translation>
  </message>
  <message>
   <source>Objects in the holes – those that are ticked go; restore again after a change</source>
   <translation>Objekte in den Defekten – die mit Häkchen werden entfernt; nach einer Änderung erneut rekonstruieren</translation>
  </message>
  <message>
   <source>Sunk, mm</source>
   <translation>Tiefe, mm</translation>
  </message>
  <message>
   <source>Restore as if object {1} were not there</source>
   <translation>Rekonstruieren, als wäre Objekt {1} nicht da</translation>
  </message>
  <message>
   <source>restore again</source>
   <translation>erneut rekonstruieren</translation>
  </message>
  <message>
   <source>Warnings</source>
   <translation>Warnungen</translation>
  </message>
  <message>
   <source>No defect was found. If there is one, outline it below.</source>
   <translation>Kein Defekt wurde gefunden. Gibt es doch einen, umranden Sie ihn unten.</translation>
  </message>
  <message>
   <source>Click on the skull around the defect, at least three times; then press “Add it”.</source>
   <translation>Klicken Sie um den Defekt herum auf den Schädel, mindestens dreimal; dann „Hinzufügen“.</translation>
  </message>
  <message>
   <source>Plan a resection</source>
   <translation>Resektion planen</translation>
  </message>
  <message>
   <source>before the bone is cut</source>
   <translation>bevor geschnitten wird</translation>
  </message>
  <message>
   <source>Draw what is removed; opening, restored surface, implant and guides are made together.</source>
   <translation>Zeichnen Sie, was entfernt wird; Öffnung, rekonstruierte Fläche, Implantat und Schablonen entstehen zusammen.</translation>
  </message>
  <message>
   <source>A mask of the tumour as NRRD, NIfTI or MHA; the line runs around it at the margin of the settings below</source>
   <translation>Eine Maske des Tumors als NRRD, NIfTI oder MHA; die Linie verläuft um ihn im Abstand, der unten eingestellt ist</translation>
  </message>
  <message>
   <source>Line around a tumour</source>
   <translation>Linie um einen Tumor</translation>
  </message>
  <message>
   <source>Click on the skull around what is removed, at least three times; press the button again to finish. Points can be dragged.</source>
   <translation>Klicken Sie auf den Schädel um das herum, was entfernt wird, mindestens dreimal; zum Beenden die Taste noch einmal drücken. Punkte lassen sich ziehen.</translation>
  </message>
  <message>
   <source>Click on the skull in the middle of what is removed.</source>
   <translation>Klicken Sie auf den Schädel in die Mitte dessen, was entfernt wird.</translation>
  </message>
  <message>
   <source>{1} points</source>
   <translation>{1} Punkte</translation>
  </message>
  <message>
   <source>Warnings about the line</source>
   <translation>Warnungen zur Linie</translation>
  </message>
  <message>
   <source>Keep away from – only the frontal sinus is seen in the CT: check the others</source>
   <translation>Abstand halten von – im CT ist nur die Stirnhöhle zu sehen: die anderen prüfen</translation>
  </message>
  <message>
   <source>The plan is not what is chosen now</source>
   <translation>Der Plan ist nicht das, was jetzt gewählt ist</translation>
  </message>
  <message>
   <source>Plan again, or change it back; its files are not offered.</source>
   <translation>Planen Sie neu oder machen Sie die Änderung rückgängig; seine Dateien werden nicht angeboten.</translation>
  </message>
  <message>
   <source>Guides – ticked ones are shown</source>
   <translation>Schablonen – angekreuzte werden gezeigt</translation>
  </message>
  <message>
   <source>Shown</source>
   <translation>Gezeigt</translation>
  </message>
  <message>
   <source>mL</source>
   <translation>ml</translation>
  </message>
  <message>
   <source>Edge, mm</source>
   <translation>Kante, mm</translation>
  </message>
  <message>
   <source>Show the {1}</source>
   <translation>{1} zeigen</translation>
  </message>
  <message>
   <source>Feet: {1}</source>
   <translation>Füße: {1}</translation>
  </message>
  <message>
   <source>slides, turns by {1}</source>
   <translation>verschiebt, dreht sich um {1}</translation>
  </message>
  <message>
   <source>Drag a point in 3D or in a slice; the surface follows. Green points are reliable, amber ones uncertain; the point under the pointer is pink.</source>
   <translation>Ziehen Sie einen Punkt in 3D oder in einer Schicht; die Fläche folgt. Grüne Punkte sind verlässlich, orange unsicher; der Punkt unter dem Zeiger ist rosa.</translation>
  </message>
  <message>
   <source>Click in a view; press here to finish</source>
   <translation>In eine Ansicht klicken; hier beenden</translation>
  </message>
  <message>
   <source>Chosen point</source>
   <translation>Gewählter Punkt</translation>
  </message>
  <message>
   <source>Move the chosen point 0.5 mm outwards</source>
   <translation>Den gewählten Punkt 0,5 mm nach außen</translation>
  </message>
  <message>
   <source>+0.5 mm</source>
   <translation>+0,5 mm</translation>
  </message>
  <message>
   <source>Move the chosen point 0.5 mm inwards</source>
   <translation>Den gewählten Punkt 0,5 mm nach innen</translation>
  </message>
  <message>
   <source>−0.5 mm</source>
   <translation>−0,5 mm</translation>
  </message>
  <message>
   <source>Delete the chosen point</source>
   <translation>Den gewählten Punkt löschen</translation>
  </message>
  <message>
   <source>Delete</source>
   <translation>Löschen</translation>
  </message>
  <message>
   <source>Reset the chosen point</source>
   <translation>Den gewählten Punkt zurücksetzen</translation>
  </message>
  <message>
   <source>Reset</source>
   <translation>Zurück</translation>
  </message>
  <message>
   <source>{1} of {2} points moved or placed by hand</source>
   <translation>{1} von {2} Punkten von Hand verschoben oder gesetzt</translation>
  </message>
  <message>
   <source>Click at the rim; press here to finish</source>
   <translation>Am Rand klicken; hier beenden</translation>
  </message>
  <message>
   <source>Choose fixation points by clicks</source>
   <translation>Befestigungspunkte anklicken</translation>
  </message>
  <message>
   <source>Fixation at point</source>
   <translation>Befestigung an Punkt</translation>
  </message>
  <message>
   <source>choose</source>
   <translation>wählen</translation>
  </message>
  <message>
   <source>Drop the fixation at point {1}</source>
   <translation>Befestigung an Punkt {1} entfernen</translation>
  </message>
  <message>
   <source>Spread evenly</source>
   <translation>Gleichmäßig verteilen</translation>
  </message>
  <message>
   <source>Set by hand for implant {1}.</source>
   <translation>Von Hand gesetzt für Implantat {1}.</translation>
  </message>
  <message>
   <source>Found by the program.</source>
   <translation>Vom Programm gefunden.</translation>
  </message>
  <message>
   <source>Drag the blunt end of the orange arrow in 3D, and design again.</source>
   <translation>Ziehen Sie in 3D das stumpfe Ende des orangen Pfeils und entwerfen Sie neu.</translation>
  </message>
  <message>
   <source>Let the program find it</source>
   <translation>Vom Programm finden lassen</translation>
  </message>
  <message>
   <source>The implant in the views and in this table was designed with other settings than those above.</source>
   <translation>Das Implantat in den Ansichten und in dieser Tabelle wurde mit anderen Einstellungen entworfen als den obigen.</translation>
  </message>
  <message>
   <source>Design the implant</source>
   <translation>Implantat entwerfen</translation>
  </message>
  <message>
   <source>Checks that were not passed</source>
   <translation>Nicht bestandene Prüfungen</translation>
  </message>
  <message>
   <source>Such an implant is not among the files.</source>
   <translation>Ein solches Implantat ist nicht bei den Dateien.</translation>
  </message>
  <message>
   <source>Show the implant instead of the surface</source>
   <translation>Implantat statt der Fläche zeigen</translation>
  </message>
  <message>
   <source>Section</source>
   <translation>Schnitt</translation>
  </message>
  <message>
   <source>Position of the section</source>
   <translation>Lage des Schnitts</translation>
  </message>
  <message>
   <source>The skull is cut in 3D where the slice “Section” is. It shows the edge of the implant too; scrolling in it moves the cut.</source>
   <translation>Der Schädel ist in 3D dort geschnitten, wo die Schicht „Schnitt“ liegt. Sie zeigt auch die Kante des Implantats; Blättern darin verschiebt den Schnitt.</translation>
  </message>
  <message>
   <source>yes</source>
   <translation>ja</translation>
  </message>
  <message>
   <source>no</source>
   <translation>nein</translation>
  </message>
  <message>
   <source>With the same patient's skull before the operation.</source>
   <translation>Mit dem Schädel desselben Patienten vor der Operation.</translation>
  </message>
  <message>
   <source>Or drop the skull before the operation here. Files dropped elsewhere open a new case.</source>
   <translation>Oder den Schädel vor der Operation hierher ziehen. Anderswo öffnen Dateien einen neuen Fall.</translation>
  </message>
  <message>
   <source>Discard it</source>
   <translation>Verwerfen</translation>
  </message>
  <message>
   <source>It is the same patient</source>
   <translation>Es ist derselbe Patient</translation>
  </message>
  <message>
   <source>Colour by standard error again</source>
   <translation>Wieder nach Standardfehler färben</translation>
  </message>
  <message>
   <source>Report and files</source>
   <translation>Bericht und Dateien</translation>
  </message>
  <message>
   <source>Besides STL, NRRD and the report</source>
   <translation>Außer STL, NRRD und Bericht</translation>
  </message>
  <message>
   <source>DICOM</source>
   <translation>DICOM</translation>
  </message>
  <message>
   <source>DICOM: the implants as STL in DICOM and as a segmentation, with the name and the study of the patient.</source>
   <translation>DICOM: die Implantate als STL in DICOM und als Segmentierung, mit Name und Studie des Patienten.</translation>
  </message>
  <message>
   <source>Prepare the files</source>
   <translation>Dateien bereitstellen</translation>
  </message>
  <message>
   <source>The files cannot be prepared:</source>
   <translation>Die Dateien können nicht bereitgestellt werden:</translation>
  </message>
  <message>
   <source>Restore again, or change it back.</source>
   <translation>Rekonstruieren Sie neu oder machen Sie die Änderung rückgängig.</translation>
  </message>
  <message>
   <source>Implants that are missing, or were designed with other settings, are designed with the settings above.</source>
   <translation>Implantate, die fehlen oder mit anderen Einstellungen entworfen wurden, werden mit den obigen entworfen.</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>Dateien</translation>
  </message>
  <message>
   <source>open</source>
   <translation>öffnen</translation>
  </message>
  <message>
   <source>DICOM folder of a new case</source>
   <translation>DICOM-Ordner eines neuen Falls</translation>
  </message>
  <message>
   <source>Image, model or zip file of a new case</source>
   <translation>Bild-, Modell- oder Zip-Datei eines neuen Falls</translation>
  </message>
  <message>
   <source>DICOM folder of the skull before</source>
   <translation>DICOM-Ordner des Schädels davor</translation>
  </message>
  <message>
   <source>Image, model or zip file of the skull before</source>
   <translation>Bild-, Modell- oder Zip-Datei des Schädels davor</translation>
  </message>
  <message>
   <source>Mask of the tumour</source>
   <translation>Maske des Tumors</translation>
  </message>
  <message>
   <source>Views</source>
   <translation>Ansichten</translation>
  </message>
  <message>
   <source>Tools of the views</source>
   <translation>Werkzeuge der Ansichten</translation>
  </message>
  <message>
   <source>Look at the skull from</source>
   <translation>Schädel ansehen von</translation>
  </message>
  <message>
   <source>3D view from the {1}</source>
   <translation>3D-Ansicht von {1}</translation>
  </message>
  <message>
   <source>3D view from the {1}, as the file has it: side not known</source>
   <translation>3D-Ansicht von {1}, wie in der Datei: Seite nicht bekannt</translation>
  </message>
  <message>
   <source>Brightness window of the slices</source>
   <translation>Helligkeitsfenster der Schichten</translation>
  </message>
  <message>
   <source>Change the window by dragging in a slice</source>
   <translation>Fenster durch Ziehen in einer Schicht ändern</translation>
  </message>
  <message>
   <source>What is shown, and how opaque</source>
   <translation>Was gezeigt wird, und wie deckend</translation>
  </message>
  <message>
   <source>skull</source>
   <translation>Schädel</translation>
  </message>
  <message>
   <source>surface</source>
   <translation>Fläche</translation>
  </message>
  <message>
   <source>objects</source>
   <translation>Objekte</translation>
  </message>
  <message>
   <source>points</source>
   <translation>Punkte</translation>
  </message>
  <message>
   <source>Opacity of the {1} in per cent</source>
   <translation>Deckkraft in Prozent: {1}</translation>
  </message>
  <message>
   <source>Show in each slice where the others are</source>
   <translation>In jeder Schicht zeigen, wo die anderen liegen</translation>
  </message>
  <message>
   <source>Four views of the same size</source>
   <translation>Vier gleich große Ansichten</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>Messen</translation>
  </message>
  <message>
   <source>Measure a distance: click twice</source>
   <translation>Abstand messen: zweimal klicken</translation>
  </message>
  <message>
   <source>Measure an angle: click three times</source>
   <translation>Winkel messen: dreimal klicken</translation>
  </message>
  <message>
   <source>Measure an area: click around it, then press here again</source>
   <translation>Fläche messen: umklicken, dann hier noch einmal drücken</translation>
  </message>
  <message>
   <source>Remove what was measured</source>
   <translation>Messungen entfernen</translation>
  </message>
  <message>
   <source>Save a picture of the views</source>
   <translation>Bild der Ansichten speichern</translation>
  </message>
  <message>
   <source>Mouse and keys</source>
   <translation>Maus und Tasten</translation>
  </message>
  <message>
   <source>3D view</source>
   <translation>3D-Ansicht</translation>
  </message>
  <message>
   <source>{1} slice</source>
   <translation>Schicht {1}</translation>
  </message>
  <message>
   <source>Out of date: {1} does not match the current settings.</source>
   <translation>Veraltet: {1} passt nicht zu den jetzigen Einstellungen.</translation>
  </message>
  <message>
   <source>the restored surface</source>
   <translation>die rekonstruierte Fläche</translation>
  </message>
  <message>
   <source>the implant</source>
   <translation>das Implantat</translation>
  </message>
  <message>
   <source>and {1} more.</source>
   <translation>und {1} weitere.</translation>
  </message>
  <message>
   <source>Colours: {1}</source>
   <translation>Farben: {1}</translation>
  </message>
  <message>
   <source>Upload a head CT, or press “Sample case”.</source>
   <translation>Laden Sie ein Kopf-CT hoch, oder drücken Sie „Beispielfall“.</translation>
  </message>
  <message>
   <source>In</source>
   <translation>In</translation>
  </message>
  <message>
   <source>Do</source>
   <translation>Tun</translation>
  </message>
  <message>
   <source>What happens</source>
   <translation>Was geschieht</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>Schließen</translation>
  </message>
  <message>
   <source>Research use only.</source>
   <translation>Nur für die Forschung.</translation>
  </message>
  <message>
   <source>Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Von keiner Behörde zugelassen; jeden Entwurf muss ein qualifizierter Arzt freigeben.</translation>
  </message>
  <message>
   <source>The case is lost; files that you downloaded are not affected.</source>
   <translation>Der Fall ist verloren; heruntergeladene Dateien sind nicht betroffen.</translation>
  </message>
  <message>
   <source>You will be signed out in {1} s because of inactivity. Move the mouse to stay.</source>
   <translation>Sie werden in {1} s wegen Untätigkeit abgemeldet. Bewegen Sie die Maus, um zu bleiben.</translation>
  </message>
  <message>
   <source>Restores the missing surface of the skull from a head CT.</source>
   <translation>Rekonstruiert die fehlende Fläche des Schädels aus einem Kopf-CT.</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>Name</translation>
  </message>
  <message>
   <source>Password</source>
   <translation>Passwort</translation>
  </message>
  <message>
   <source>Sign in</source>
   <translation>Anmelden</translation>
  </message>
  <message>
   <source>Your workspace is being opened …</source>
   <translation>Ihr Arbeitsplatz wird geöffnet …</translation>
  </message>
  <message>
   <source>Your workspace could not be started. Nothing is running for you now, and no case is open.</source>
   <translation>Ihr Arbeitsplatz konnte nicht gestartet werden. Für Sie läuft jetzt nichts, und kein Fall ist offen.</translation>
  </message>
  <message>
   <source>If it fails again, ask the server's administrator: the server's log says why.</source>
   <translation>Gelingt es wieder nicht, fragen Sie die Administration: das Protokoll des Servers sagt, warum.</translation>
  </message>
  <message>
   <source>No case of yours was lost: none is open. This page does not try again by itself.</source>
   <translation>Kein Fall ging verloren: keiner ist offen. Diese Seite versucht es nicht von selbst noch einmal.</translation>
  </message>
  <message>
   <source>Try again</source>
   <translation>Noch einmal versuchen</translation>
  </message>
  <message>
   <source>Your case and its files were deleted from the server.</source>
   <translation>Ihr Fall und seine Dateien wurden vom Server gelöscht.</translation>
  </message>
  <message>
   <source>To open SkullRestore again, use the newest link that “skullrestore web” has printed; each opens one browser, once.</source>
   <translation>Um SkullRestore wieder zu öffnen, nehmen Sie den neuesten Link, den „skullrestore web“ ausgegeben hat; jeder öffnet einen Browser, einmal.</translation>
  </message>
  <message>
   <source>Open SkullRestore again</source>
   <translation>SkullRestore wieder öffnen</translation>
  </message>
  <message>
   <source>This page opens only with the newest link that “skullrestore web” has printed; each opens one browser, once.</source>
   <translation>Diese Seite öffnet sich nur mit dem neuesten Link, den „skullrestore web“ ausgegeben hat; jeder öffnet einen Browser, einmal.</translation>
  </message>
  <message>
   <source>This page opens only through your hospital's sign-on. Ask the server's administrator.</source>
   <translation>Diese Seite öffnet sich nur über die Anmeldung Ihrer Klinik. Fragen Sie die Administration.</translation>
  </message>
  <message>
   <source>This request was refused.</source>
   <translation>Diese Anfrage wurde abgelehnt.</translation>
  </message>
  <message>
   <source>Opening SkullRestore …</source>
   <translation>SkullRestore wird geöffnet …</translation>
  </message>
  <message>
   <source>Something is still running. Wait for it, or cancel it, and send the files again.</source>
   <translation>Etwas läuft noch. Warten Sie oder brechen Sie es ab, und senden Sie die Dateien noch einmal.</translation>
  </message>
  <message>
   <source>The upload was refused.</source>
   <translation>Das Hochladen wurde abgelehnt.</translation>
  </message>
  <message>
   <source>The upload was interrupted. Check the connection, and send it again.</source>
   <translation>Das Hochladen wurde unterbrochen. Prüfen Sie die Verbindung und senden Sie noch einmal.</translation>
  </message>
  <message>
   <source>Drop the CT of a new case here</source>
   <translation>CT eines neuen Falls hierher ziehen</translation>
  </message>
  <message>
   <source>3D view: arrow keys turn it, plus and minus zoom</source>
   <translation>3D-Ansicht: Pfeiltasten drehen, Plus und Minus vergrößern</translation>
  </message>
  <message>
   <source>What you changed or designed in it was not downloaded, and is lost then. Go on?</source>
   <translation>Was Sie darin geändert oder entworfen haben, wurde nicht heruntergeladen und geht verloren. Fortfahren?</translation>
  </message>
  <message>
   <source>The server does not answer.</source>
   <translation>Der Server antwortet nicht.</translation>
  </message>
  <message>
   <source>If it was stopped, your case is lost. If only the connection is interrupted, your case is kept for a short time. This page goes on trying.</source>
   <translation>Wurde er angehalten, ist Ihr Fall verloren. Ist nur die Verbindung unterbrochen, bleibt er kurze Zeit erhalten. Diese Seite versucht es weiter.</translation>
  </message>
  <message>
   <source>Try now</source>
   <translation>Jetzt versuchen</translation>
  </message>
  <message>
   <source>The case and what was done in it are gone. Files that you downloaded are not affected.</source>
   <translation>Der Fall und was darin getan wurde sind weg. Heruntergeladene Dateien sind nicht betroffen.</translation>
  </message>
  <message>
   <source>Start again</source>
   <translation>Neu beginnen</translation>
  </message>
  <message>
   <source>This case was opened in another tab or browser.</source>
   <translation>Dieser Fall wurde in einem anderen Tab oder Browser geöffnet.</translation>
  </message>
  <message>
   <source>It is kept. One page at a time can show it.</source>
   <translation>Er bleibt erhalten. Nur eine Seite zur Zeit kann ihn zeigen.</translation>
  </message>
  <message>
   <source>Use it here</source>
   <translation>Hier verwenden</translation>
  </message>
  <message>
   <source>The connection to the server was interrupted.</source>
   <translation>Die Verbindung zum Server wurde unterbrochen.</translation>
  </message>
  <message>
   <source>Your case is kept.</source>
   <translation>Ihr Fall bleibt erhalten.</translation>
  </message>
  <message>
   <source>Go on with it</source>
   <translation>Damit weiterarbeiten</translation>
  </message>
  <message>
   <source>That is more than the {1} MB that this server accepts. Send the head series alone.</source>
   <translation>Das ist mehr als die {1} MB, die dieser Server annimmt. Senden Sie die Kopfserie allein.</translation>
  </message>
  <message>
   <source>{1}: plus and minus zoom</source>
   <translation>{1}: Plus und Minus vergrößern</translation>
  </message>
  <message>
   <source>DICOM objects need a DICOM series as input: patient and study come from there.</source>
   <translation>DICOM-Objekte brauchen eine DICOM-Serie als Eingabe: Patient und Studie kommen von dort.</translation>
  </message>
  <message>
   <source>DICOM objects need the package highdicom, which this server does not have.</source>
   <translation>DICOM-Objekte brauchen das Paket highdicom, das dieser Server nicht hat.</translation>
  </message>
  <message>
   <source>The case for which this scan was sent is not open any more. Open it, and send the scan again.</source>
   <translation>Der Fall, für den diese Aufnahme gesendet wurde, ist nicht mehr offen. Öffnen Sie ihn und senden Sie die Aufnahme noch einmal.</translation>
  </message>
  <message>
   <source>The upload was deleted. Send it again.</source>
   <translation>Das Hochgeladene wurde gelöscht. Senden Sie es noch einmal.</translation>
  </message>
  <message>
   <source>This is a case file. Send the scan of the skull before the operation.</source>
   <translation>Das ist eine Falldatei. Senden Sie die Aufnahme des Schädels vor der Operation.</translation>
  </message>
  <message>
   <source>The upload holds several CT series. Send the folder of one series for the comparison.</source>
   <translation>Hochgeladen wurden mehrere CT-Serien. Senden Sie für den Vergleich den Ordner einer Serie.</translation>
  </message>
  <message>
   <source>There is no scan to decide about any more. Send it again.</source>
   <translation>Es gibt keine Aufnahme mehr, über die zu entscheiden wäre. Senden Sie sie noch einmal.</translation>
  </message>
  <message>
   <source>There is no case yet. Upload a head CT, or make the sample, first.</source>
   <translation>Es gibt noch keinen Fall. Laden Sie erst ein Kopf-CT hoch, oder nehmen Sie das Beispiel.</translation>
  </message>
  <message>
   <source>Say first whether the scan that was sent is this patient's.</source>
   <translation>Sagen Sie erst, ob die gesendete Aufnahme von diesem Patienten ist.</translation>
  </message>
  <message>
   <source>Upload the skull before the operation first.</source>
   <translation>Laden Sie erst den Schädel vor der Operation hoch.</translation>
  </message>
  <message>
   <source>Something is still running. Wait for it, or cancel it first.</source>
   <translation>Etwas läuft noch. Warten Sie, oder brechen Sie es erst ab.</translation>
  </message>
  <message>
   <source>An unexpected error occurred; details are in the server's log. The case is as it was before.</source>
   <translation>Ein unerwarteter Fehler ist aufgetreten; Näheres steht im Protokoll des Servers. Der Fall ist wie zuvor.</translation>
  </message>
  <message>
   <source>There is no reference point near that place. Click on the rim, next to one of the points.</source>
   <translation>In der Nähe dieser Stelle ist kein Referenzpunkt. Klicken Sie am Rand neben einen der Punkte.</translation>
  </message>
  <message>
   <source>You were signed out because nothing was done for a while.</source>
   <translation>Sie wurden abgemeldet, weil eine Weile nichts getan wurde.</translation>
  </message>
  <message>
   <source>You were signed out because your account or your password was changed.</source>
   <translation>Sie wurden abgemeldet, weil Ihr Konto oder Ihr Passwort geändert wurde.</translation>
  </message>
  <message>
   <source>You were signed out because your hospital's sign-on did not confirm any more who you are.</source>
   <translation>Sie wurden abgemeldet, weil die Anmeldung Ihrer Klinik nicht mehr bestätigt hat, wer Sie sind.</translation>
  </message>
  <message>
   <source>The server was started again. Cases are not stored: open yours again from its files.</source>
   <translation>Der Server wurde neu gestartet. Fälle werden nicht gespeichert: öffnen Sie Ihren wieder aus seinen Dateien.</translation>
  </message>
  <message>
   <source>You were signed out here because you signed in on too many other browsers.</source>
   <translation>Sie wurden hier abgemeldet, weil Sie sich in zu vielen anderen Browsern angemeldet haben.</translation>
  </message>
  <message>
   <source>You are signed out.</source>
   <translation>Sie sind abgemeldet.</translation>
  </message>
  <message>
   <source>Name or password is wrong.</source>
   <translation>Name oder Passwort ist falsch.</translation>
  </message>
  <message>
   <source>The workspace was closed. Load the page again.</source>
   <translation>Der Arbeitsplatz wurde geschlossen. Laden Sie die Seite neu.</translation>
  </message>
  <message>
   <source>Too many wrong tries. Try again in {1} s.</source>
   <translation>Zu viele falsche Versuche. Versuchen Sie es in {1} s noch einmal.</translation>
  </message>
  <message>
   <source>There is no such language.</source>
   <translation>Diese Sprache gibt es nicht.</translation>
  </message>
  <message>
   <source>Many people sign in just now. Try again in a moment.</source>
   <translation>Gerade melden sich viele an. Versuchen Sie es gleich noch einmal.</translation>
  </message>
  <message>
   <source>Sign in first.</source>
   <translation>Melden Sie sich erst an.</translation>
  </message>
  <message>
   <source>Too many requests at once. Try again in a moment.</source>
   <translation>Zu viele Anfragen auf einmal. Versuchen Sie es gleich noch einmal.</translation>
  </message>
  <message>
   <source>The case is larger than the {1} MB that this server accepts. Ask the server's administrator for a higher limit.</source>
   <translation>Der Fall ist größer als die {1} MB, die dieser Server annimmt. Bitten Sie die Administration um eine höhere Grenze.</translation>
  </message>
  <message>
   <source>Own</source>
   <translation>Eigenes</translation>
  </message>
  <message>
   <source>uncertain</source>
   <translation>unsicher</translation>
  </message>
  <message>
   <source>uncertain, moved</source>
   <translation>unsicher, verschoben</translation>
  </message>
  <message>
   <source>Head CT, {1} slices of {2} × {3}</source>
   <translation>Kopf-CT, {1} Schichten von {2} × {3}</translation>
  </message>
  <message>
   <source>Bone mask, {1} slices of {2} × {3}</source>
   <translation>Knochenmaske, {1} Schichten von {2} × {3}</translation>
  </message>
  <message>
   <source>Skull model, {1} triangles</source>
   <translation>Schädelmodell, {1} Dreiecke</translation>
  </message>
  <message>
   <source>Sample head</source>
   <translation>Beispielkopf</translation>
  </message>
  <message>
   <source>Sample head before the operation</source>
   <translation>Beispielkopf vor der Operation</translation>
  </message>
  <message>
   <source>Case of an earlier result</source>
   <translation>Fall eines früheren Ergebnisses</translation>
  </message>
  <message>
   <source>series {1}</source>
   <translation>Serie {1}</translation>
  </message>
  <message>
   <source>{1} cm², {2} mm around, least radius {3} mm</source>
   <translation>{1} cm², Umfang {2} mm, kleinster Radius {3} mm</translation>
  </message>
  <message>
   <source>{1} (moved)</source>
   <translation>{1} (verschoben)</translation>
  </message>
  <message>
   <source>{1} (uncertain)</source>
   <translation>{1} (unsicher)</translation>
  </message>
  <message>
   <source>{1} (uncertain, moved)</source>
   <translation>{1} (unsicher, verschoben)</translation>
  </message>
  <message>
   <source>{1} mL, in defect {2}</source>
   <translation>{1} ml, in Defekt {2}</translation>
  </message>
  <message>
   <source>Distance {1}: {2} mm</source>
   <translation>Abstand {1}: {2} mm</translation>
  </message>
  <message>
   <source>Angle {1}: {2} °</source>
   <translation>Winkel {1}: {2} °</translation>
  </message>
  <message>
   <source>Area {1}: {2} cm²</source>
   <translation>Fläche {1}: {2} cm²</translation>
  </message>
  <message>
   <source>Area {1}: too far around the head</source>
   <translation>Fläche {1}: zu weit um den Kopf</translation>
  </message>
  <message>
   <source>Implant {1} ({2})</source>
   <translation>Implantat {1} ({2})</translation>
  </message>
  <message>
   <source>Read the upload</source>
   <translation>Hochgeladenes lesen</translation>
  </message>
  <message>
   <source>read the images</source>
   <translation>Bilder lesen</translation>
  </message>
  <message>
   <source>unpack the upload</source>
   <translation>Hochgeladenes auspacken</translation>
  </message>
  <message>
   <source>look for the CT series</source>
   <translation>CT-Serien suchen</translation>
  </message>
  <message>
   <source>check the headers</source>
   <translation>Kopfdaten prüfen</translation>
  </message>
  <message>
   <source>STL in DICOM</source>
   <translation>STL in DICOM</translation>
  </message>
  <message>
   <source>Restoration</source>
   <translation>Rekonstruktion</translation>
  </message>
  <message>
   <source>Body</source>
   <translation>Körper</translation>
  </message>
  <message>
   <source>Edge</source>
   <translation>Kante</translation>
  </message>
  <message>
   <source>Seating</source>
   <translation>Sitz</translation>
  </message>
  <message>
   <source>Holes</source>
   <translation>Löcher</translation>
  </message>
  <message>
   <source>Parts and mould</source>
   <translation>Teile und Form</translation>
  </message>
  <message>
   <source>Cut</source>
   <translation>Schnitt</translation>
  </message>
  <message>
   <source>Guides</source>
   <translation>Führungen</translation>
  </message>
  <message>
   <source>Line</source>
   <translation>Linie</translation>
  </message>
  <message>
   <source>found</source>
   <translation>gefunden</translation>
  </message>
  <message>
   <source>mould</source>
   <translation>Form</translation>
  </message>
  <message>
   <source>voxels of {1} × {2} × {3}</source>
   <translation>Voxel von {1} × {2} × {3}</translation>
  </message>
  <message>
   <source>Volume (mL)</source>
   <translation>Volumen (ml)</translation>
  </message>
  <message>
   <source>Thickness (mm)</source>
   <translation>Dicke (mm)</translation>
  </message>
  <message>
   <source>Clearance (mm)</source>
   <translation>Spalt (mm)</translation>
  </message>
  <message>
   <source>Watertight</source>
   <translation>Wasserdicht</translation>
  </message>
  <message>
   <source>Compared (%)</source>
   <translation>Verglichen (%)</translation>
  </message>
  <message>
   <source>RMS deviation (mm)</source>
   <translation>Mittlere Abweichung, RMS (mm)</translation>
  </message>
  <message>
   <source>Choose a point first.</source>
   <translation>Wählen Sie erst einen Punkt.</translation>
  </message>
  <message>
   <source>All files (zip)</source>
   <translation>Alle Dateien (Zip)</translation>
  </message>
  <message>
   <source>Report</source>
   <translation>Bericht</translation>
  </message>
  <message>
   <source>Report (PDF)</source>
   <translation>Bericht (PDF)</translation>
  </message>
  <message>
   <source>Plan of the resection</source>
   <translation>Plan der Resektion</translation>
  </message>
  <message>
   <source>Plan of the resection (PDF)</source>
   <translation>Plan der Resektion (PDF)</translation>
  </message>
  <message>
   <source>Plan, for programs</source>
   <translation>Plan, für Programme</translation>
  </message>
  <message>
   <source>Resection line (3D Slicer)</source>
   <translation>Resektionslinie (3D Slicer)</translation>
  </message>
  <message>
   <source>Resection line as a tube (STL)</source>
   <translation>Resektionslinie als Röhre (STL)</translation>
  </message>
  <message>
   <source>Drawing template (STL)</source>
   <translation>Zeichenschablone (STL)</translation>
  </message>
  <message>
   <source>Cutting guide (STL)</source>
   <translation>Schneideschablone (STL)</translation>
  </message>
  <message>
   <source>Margin ring (STL)</source>
   <translation>Randring (STL)</translation>
  </message>
  <message>
   <source>Restored surface (STL)</source>
   <translation>Rekonstruierte Fläche (STL)</translation>
  </message>
  <message>
   <source>Skull (STL)</source>
   <translation>Schädel (STL)</translation>
  </message>
  <message>
   <source>Missing bone (voxels)</source>
   <translation>Fehlender Knochen (Voxel)</translation>
  </message>
  <message>
   <source>Restored skull (voxels)</source>
   <translation>Rekonstruierter Schädel (Voxel)</translation>
  </message>
  <message>
   <source>Implants (voxels)</source>
   <translation>Implantate (Voxel)</translation>
  </message>
  <message>
   <source>Reference points (3D Slicer)</source>
   <translation>Referenzpunkte (3D Slicer)</translation>
  </message>
  <message>
   <source>Figures, for programs</source>
   <translation>Zahlen, für Programme</translation>
  </message>
  <message>
   <source>Implants as a segmentation (DICOM)</source>
   <translation>Implantate als Segmentierung (DICOM)</translation>
  </message>
  <message>
   <source>Case file: send it to this page to go on</source>
   <translation>Falldatei: hier hochladen, um weiterzuarbeiten</translation>
  </message>
  <message>
   <source>Another upload is arriving. Wait for it, or cancel it, and send this one again.</source>
   <translation>Es wird schon etwas hochgeladen. Warten Sie oder brechen Sie es ab, und senden Sie noch einmal.</translation>
  </message>
  <message>
   <source>Restores the lost surface of the skull. Research use only.</source>
   <translation>Rekonstruiert die verlorene Fläche des Schädels. Nur für die Forschung.</translation>
  </message>
  <message>
   <source>The upload is larger than the {1} MB that this server accepts.</source>
   <translation>Das Hochgeladene ist größer als die {1} MB, die dieser Server annimmt.</translation>
  </message>
  <message>
   <source>This file does not exist any more. Prepare the files again.</source>
   <translation>Diese Datei gibt es nicht mehr. Stellen Sie die Dateien noch einmal bereit.</translation>
  </message>
  <message>
   <source>There is no implant that could be cut. Design it first.</source>
   <translation>Es gibt kein Implantat, das geschnitten werden könnte. Entwerfen Sie es erst.</translation>
  </message>
  <message>
   <source>The upload was interrupted, or is not an upload. Send it again.</source>
   <translation>Das Hochladen wurde unterbrochen, oder es ist keines. Senden Sie noch einmal.</translation>
  </message>
  <message>
   <source>The upload was refused: it holds a file whose name is too long. Rename it. None of the upload was kept.</source>
   <translation>Das Hochladen wurde abgelehnt: eine Datei hat einen zu langen Namen. Benennen Sie sie um. Nichts davon wurde behalten.</translation>
  </message>
  <message>
   <source>Send the head series alone, or ask the server's administrator for a higher limit.</source>
   <translation>Senden Sie die Kopfserie allein, oder bitten Sie die Administration um eine höhere Grenze.</translation>
  </message>
  <message>
   <source>Nothing arrived. Choose a DICOM folder, a zip of it, an image file or a skull model.</source>
   <translation>Nichts ist angekommen. Wählen Sie einen DICOM-Ordner, ein Zip davon, eine Bilddatei oder ein Schädelmodell.</translation>
  </message>
  <message>
   <source>The upload was refused: it holds links. Send the files themselves.</source>
   <translation>Das Hochladen wurde abgelehnt: es enthält Verknüpfungen. Senden Sie die Dateien selbst.</translation>
  </message>
  <message>
   <source>Send one zip file alone, or the files without it.</source>
   <translation>Senden Sie eine Zip-Datei allein, oder die Dateien ohne sie.</translation>
  </message>
  <message>
   <source>Brain</source>
   <translation>Gehirn</translation>
  </message>
  <message>
   <source>Soft tissue</source>
   <translation>Weichteile</translation>
  </message>
  <message>
   <source>Drag</source>
   <translation>Ziehen</translation>
  </message>
  <message>
   <source>Turn the skull</source>
   <translation>Schädel drehen</translation>
  </message>
  <message>
   <source>Right drag, or wheel</source>
   <translation>Rechts ziehen, oder Rad</translation>
  </message>
  <message>
   <source>Closer, further away</source>
   <translation>Näher, weiter weg</translation>
  </message>
  <message>
   <source>Shift and drag, or middle drag</source>
   <translation>Umschalt und ziehen, oder mit der mittleren Taste</translation>
  </message>
  <message>
   <source>Move the picture</source>
   <translation>Bild verschieben</translation>
  </message>
  <message>
   <source>Arrow keys, + and - (click first)</source>
   <translation>Pfeiltasten, + und - (erst klicken)</translation>
  </message>
  <message>
   <source>Turn, closer, further away</source>
   <translation>Drehen, näher, weiter weg</translation>
  </message>
  <message>
   <source>Slice</source>
   <translation>Schicht</translation>
  </message>
  <message>
   <source>Wheel</source>
   <translation>Rad</translation>
  </message>
  <message>
   <source>Go through the slices</source>
   <translation>Durch die Schichten blättern</translation>
  </message>
  <message>
   <source>Right drag, or Ctrl and wheel</source>
   <translation>Rechts ziehen, oder Strg und Rad</translation>
  </message>
  <message>
   <source>Shift and move the pointer</source>
   <translation>Umschalt und den Zeiger bewegen</translation>
  </message>
  <message>
   <source>All slices go to the place under the pointer</source>
   <translation>Alle Schichten gehen zur Stelle unter dem Zeiger</translation>
  </message>
  <message>
   <source>Drag, with the contrast button on</source>
   <translation>Ziehen, mit eingeschaltetem Kontrastknopf</translation>
  </message>
  <message>
   <source>Change brightness and contrast</source>
   <translation>Helligkeit und Kontrast ändern</translation>
  </message>
  <message>
   <source>Any</source>
   <translation>Alle</translation>
  </message>
  <message>
   <source>Drag a point</source>
   <translation>Einen Punkt ziehen</translation>
  </message>
  <message>
   <source>Move it; the surface follows</source>
   <translation>Ihn verschieben; die Fläche folgt</translation>
  </message>
  <message>
   <source>One finger, two fingers</source>
   <translation>Ein Finger, zwei Finger</translation>
  </message>
  <message>
   <source>As the mouse; closer, further away, move the picture</source>
   <translation>Wie die Maus; näher, weiter weg, Bild verschieben</translation>
  </message>
  <message>
   <source>Ctrl+Z, Ctrl+Y</source>
   <translation>Strg+Z, Strg+Y</translation>
  </message>
  <message>
   <source>Undo, redo</source>
   <translation>Rückgängig, wiederholen</translation>
  </message>
  <message>
   <source>Drop files</source>
   <translation>Dateien hineinziehen</translation>
  </message>
  <message>
   <source>Open a new case; on Compare: the skull before the operation</source>
   <translation>Einen neuen Fall öffnen; auf „Vergleichen“: der Schädel vor der Operation</translation>
  </message>
  <message>
   <source>There is no CT whose brightness could be changed.</source>
   <translation>Es gibt kein CT, dessen Helligkeit geändert werden könnte.</translation>
  </message>
  <message>
   <source>Axial</source>
   <translation>Axial</translation>
  </message>
  <message>
   <source>Coronal</source>
   <translation>Koronal</translation>
  </message>
  <message>
   <source>Sagittal</source>
   <translation>Sagittal</translation>
  </message>
  <message>
   <source>Show all of the axial view</source>
   <translation>Alles in der axialen Ansicht zeigen</translation>
  </message>
  <message>
   <source>Show all</source>
   <translation>Alles zeigen</translation>
  </message>
  <message>
   <source>Show all four views</source>
   <translation>Alle vier Ansichten zeigen</translation>
  </message>
  <message>
   <source>Enlarge the axial view</source>
   <translation>Die axiale Ansicht vergrößern</translation>
  </message>
  <message>
   <source>Enlarge</source>
   <translation>Vergrößern</translation>
  </message>
  <message>
   <source>Show all of the coronal view</source>
   <translation>Alles in der koronalen Ansicht zeigen</translation>
  </message>
  <message>
   <source>Enlarge the coronal view</source>
   <translation>Die koronale Ansicht vergrößern</translation>
  </message>
  <message>
   <source>Show all of the sagittal view</source>
   <translation>Alles in der sagittalen Ansicht zeigen</translation>
  </message>
  <message>
   <source>Enlarge the sagittal view</source>
   <translation>Die sagittale Ansicht vergrößern</translation>
  </message>
  <message>
   <source>Show all of the 3D view</source>
   <translation>Alles in der 3D-Ansicht zeigen</translation>
  </message>
  <message>
   <source>Enlarge the 3D view</source>
   <translation>Die 3D-Ansicht vergrößern</translation>
  </message>
  <message>
   <source>Scale: the bar is {1} mm long</source>
   <translation>Maßstab: der Balken ist {1} mm lang</translation>
  </message>
  <message>
   <source>Position of the axial slice in mm</source>
   <translation>Lage der axialen Schicht in mm</translation>
  </message>
  <message>
   <source>Position of the coronal slice in mm</source>
   <translation>Lage der koronalen Schicht in mm</translation>
  </message>
  <message>
   <source>Position of the sagittal slice in mm</source>
   <translation>Lage der sagittalen Schicht in mm</translation>
  </message>
  <message>
   <source>The server's disk is full. Nothing of this step was kept; ask the server's administrator to free some space.</source>
   <translation>Die Platte des Servers ist voll. Von diesem Schritt wurde nichts behalten; bitten Sie die Administration, Platz zu schaffen.</translation>
  </message>
  <message>
   <source>The temporary folder {1} cannot be used: {2}. Free some space, allow writing there, or name another folder in the environment variable TMPDIR.</source>
   <translation>Der temporäre Ordner {1} kann nicht benutzt werden: {2}. Schaffen Sie Platz, erlauben Sie dort das Schreiben, oder nennen Sie einen anderen Ordner in der Umgebungsvariablen TMPDIR.</translation>
  </message>
  <message>
   <source>The server cannot write its temporary files. Ask the server's administrator.</source>
   <translation>Der Server kann seine temporären Dateien nicht schreiben. Fragen Sie die Administration.</translation>
  </message>
  <message>
   <source>The workspace was closed.</source>
   <translation>Der Arbeitsplatz wurde geschlossen.</translation>
  </message>
  <message>
   <source>The workspace ended unexpectedly; it may have run out of memory.</source>
   <translation>Der Arbeitsplatz endete unerwartet; vielleicht reichte der Speicher nicht.</translation>
  </message>
  <message>
   <source>The case was closed because its page had no connection to the server for {1} seconds.</source>
   <translation>Der Fall wurde geschlossen, weil seine Seite {1} Sekunden lang keine Verbindung zum Server hatte.</translation>
  </message>
  <message>
   <source>All places are taken ({1}). Try again when somebody has signed out.</source>
   <translation>Alle Plätze sind belegt ({1}). Versuchen Sie es noch einmal, wenn sich jemand abgemeldet hat.</translation>
  </message>
  <message>
   <source>The workspace could not be started. Details are in the server's log.</source>
   <translation>Der Arbeitsplatz konnte nicht gestartet werden. Näheres steht im Protokoll des Servers.</translation>
  </message>
 </context>
</TS>
