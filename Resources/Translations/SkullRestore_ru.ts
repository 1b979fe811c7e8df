<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ru_RU" sourcelanguage="en">
 <context>
  <name>SkullRestore</name>
  <message>
   <source>The step that runs, or the next one.</source>
   <translation>Текущий или следующий шаг.</translation>
  </message>
  <message>
   <source>Stops at once; what was there before stays.</source>
   <translation>Останавливает сразу; прежний результат остаётся.</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Отмена</translation>
  </message>
  <message>
   <source>&lt;b&gt;Research use only.&lt;/b&gt; Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>&lt;b&gt;Только для исследований.&lt;/b&gt; Не одобрено ни одним ведомством; каждый проект должен утвердить квалифицированный врач.</translation>
  </message>
  <message>
   <source>Installs what is missing from wheel files, without a connection to the internet: those of the offline bundle, or of a folder that you choose.</source>
   <translation>Устанавливает недостающее из файлов wheel без интернета: из автономного пакета или из выбранной вами папки.</translation>
  </message>
  <message>
   <source>Install from folder</source>
   <translation>Установить из папки</translation>
  </message>
  <message>
   <source>Makes again what is out of date, with what is shown now.</source>
   <translation>Заново создаёт устаревшее с тем, что выбрано сейчас.</translation>
  </message>
  <message>
   <source>Restore again</source>
   <translation>Восстановить снова</translation>
  </message>
  <message>
   <source>1. Input</source>
   <translation>1. Исходные данные</translation>
  </message>
  <message>
   <source>Head:</source>
   <translation>Голова:</translation>
  </message>
  <message>
   <source>Head CT in HU, a bone mask, a bone segmentation, or a closed skull model.</source>
   <translation>КТ головы в HU, маска кости, сегментация кости или замкнутая модель черепа.</translation>
  </message>
  <message>
   <source>Makes a synthetic head CT with a hole, and the same head before the operation. Nothing is downloaded; takes some seconds.</source>
   <translation>Создаёт искусственную КТ головы с дефектом и ту же голову до операции. Ничего не загружается; занимает несколько секунд.</translation>
  </message>
  <message>
   <source>Make a sample head</source>
   <translation>Создать пример</translation>
  </message>
  <message>
   <source>2. Bone</source>
   <translation>2. Кость</translation>
  </message>
  <message>
   <source>Halfway between soft tissue and bone. Switch off to set the threshold yourself.</source>
   <translation>Посередине между мягкими тканями и костью. Выключите, чтобы задать порог самостоятельно.</translation>
  </message>
  <message>
   <source>Threshold from the histogram</source>
   <translation>Порог по гистограмме</translation>
  </message>
  <message>
   <source>Threshold:</source>
   <translation>Порог:</translation>
  </message>
  <message>
   <source>Bone is at or above this.</source>
   <translation>Кость — от этого значения и выше.</translation>
  </message>
  <message>
   <source> HU</source>
   <translation> HU</translation>
  </message>
  <message>
   <source>Colours in the slices what the threshold takes as bone.</source>
   <translation>Окрашивает на срезах то, что порог принимает за кость.</translation>
  </message>
  <message>
   <source>Preview in the slices</source>
   <translation>Предпросмотр на срезах</translation>
  </message>
  <message>
   <source>Segments the bone of the skull, without table, head rest and metal.</source>
   <translation>Сегментирует кость черепа без стола, подголовника и металла.</translation>
  </message>
  <message>
   <source>Segment</source>
   <translation>Сегментировать</translation>
  </message>
  <message>
   <source>Edit the bone in Segment Editor, then come back here and restore.</source>
   <translation>Отредактируйте кость в Segment Editor, затем вернитесь и восстановите.</translation>
  </message>
  <message>
   <source>Open in Segment Editor</source>
   <translation>Открыть в Segment Editor</translation>
  </message>
  <message>
   <source>Small pieces of bone apart from the skull, such as new bone on the dura. Those inside a defect come first. A click on a row centres all views on the piece.</source>
   <translation>Небольшие фрагменты кости отдельно от черепа, например новая кость на твёрдой оболочке. Фрагменты в дефекте идут первыми. Щелчок по строке центрирует на нём все виды.</translation>
  </message>
  <message>
   <source>Bone island</source>
   <translation>Фрагмент</translation>
  </message>
  <message>
   <source>Volume
(mL)</source>
   <translation>Объём
(мл)</translation>
  </message>
  <message>
   <source>Inside
defect</source>
   <translation>В
дефекте</translation>
  </message>
  <message>
   <source>Removes every piece inside a defect from the bone, and restores again if there was a restoration.</source>
   <translation>Удаляет из кости все фрагменты в дефектах и восстанавливает снова, если восстановление уже было.</translation>
  </message>
  <message>
   <source>Remove all inside defects</source>
   <translation>Удалить все в дефектах</translation>
  </message>
  <message>
   <source>Removes the selected piece from the bone, and restores again if there was a restoration.</source>
   <translation>Удаляет из кости выбранный фрагмент и восстанавливает снова, если восстановление уже было.</translation>
  </message>
  <message>
   <source>Remove the selected one</source>
   <translation>Удалить выбранный</translation>
  </message>
  <message>
   <source>3. Restore</source>
   <translation>3. Восстановление</translation>
  </message>
  <message>
   <source>Points per defect:</source>
   <translation>Точек на дефект:</translation>
  </message>
  <message>
   <source>Number of reference points per defect.</source>
   <translation>Число опорных точек на дефект.</translation>
  </message>
  <message>
   <source>Smallest defect:</source>
   <translation>Наименьший дефект:</translation>
  </message>
  <message>
   <source>Area of the smallest defect that is restored; smaller ones are only reported.</source>
   <translation>Площадь наименьшего восстанавливаемого дефекта; о меньших только сообщается.</translation>
  </message>
  <message>
   <source> cm²</source>
   <translation> см²</translation>
  </message>
  <message>
   <source>Objects in the holes:</source>
   <translation>Объекты в дефектах:</translation>
  </message>
  <message>
   <source>Old flaps, plates and meshes in a hole: remove them and restore the hole, keep them and restore only the gaps, or automatically keep bone flaps that are level and remove everything else. Always reported.</source>
   <translation>Старые костные лоскуты, пластины и сетки в дефекте: удалить и восстановить дефект, оставить и восстановить только щели или автоматически оставить лоскуты на правильном уровне и удалить остальное. Всегда сообщается.</translation>
  </message>
  <message>
   <source>Position of the head:</source>
   <translation>Положение головы:</translation>
  </message>
  <message>
   <source>Where in the scan the face looks and where the vertex is, to set right a head that was recognised wrongly: A front, P back, R right, L left, S top, I bottom of the scan. AS is a patient scanned in the usual way, PS the same back to front. Default: found from the bone.</source>
   <translation>Куда в скане обращено лицо и где темя, чтобы исправить неверно распознанную голову: A спереди, P сзади, R справа, L слева, S сверху, I снизу скана. AS — обычное положение пациента, PS — то же задом наперёд. По умолчанию: по кости.</translation>
  </message>
  <message>
   <source>Finds the defects and restores the lost surface.</source>
   <translation>Находит дефекты и восстанавливает утраченную поверхность.</translation>
  </message>
  <message>
   <source>Restore</source>
   <translation>Восстановить</translation>
  </message>
  <message>
   <source>One row for each defect. A click centres all views on it; the tick switches it on or off.</source>
   <translation>По строке на дефект. Щелчок центрирует на нём все виды; флажок включает и выключает его.</translation>
  </message>
  <message>
   <source>On</source>
   <translation>Вкл</translation>
  </message>
  <message>
   <source>Side</source>
   <translation>Сторона</translation>
  </message>
  <message>
   <source>Region</source>
   <translation>Область</translation>
  </message>
  <message>
   <source>Area
(cm²)</source>
   <translation>Площадь
(см²)</translation>
  </message>
  <message>
   <source>Points</source>
   <translation>Точки</translation>
  </message>
  <message>
   <source>What was found in the holes, such as an old flap. A ticked object goes, and the hole is restored as if it were not there; one without a tick stays. Restore again after a change. A click centres all views on it.</source>
   <translation>Что найдено в дефектах, например старый костный лоскут. Объект с галочкой убирается, и дефект восстанавливается, как если бы его не было; объект без галочки остаётся. После изменения восстановите снова. Щелчок центрирует на нём все виды.</translation>
  </message>
  <message>
   <source>Goes</source>
   <translation>Убрать</translation>
  </message>
  <message>
   <source>Object</source>
   <translation>Объект</translation>
  </message>
  <message>
   <source>Sunk
(mm)</source>
   <translation>Запада-
ние (мм)</translation>
  </message>
  <message>
   <source>Every click places a point on the skull around a hole that was not found. A right click, Esc, or this button ends it.</source>
   <translation>Каждый щелчок ставит точку на черепе вокруг ненайденного дефекта. Завершение — правая кнопка мыши, Esc или эта кнопка.</translation>
  </message>
  <message>
   <source>Outline a missed defect</source>
   <translation>Обвести дефект</translation>
  </message>
  <message>
   <source>Restores the hole inside the points, or under the paint of the chosen segmentation.</source>
   <translation>Восстанавливает дефект внутри точек или под закрашенным в выбранной сегментации.</translation>
  </message>
  <message>
   <source>Add it</source>
   <translation>Добавить</translation>
  </message>
  <message>
   <source>Painted in:</source>
   <translation>Закрашено в:</translation>
  </message>
  <message>
   <source>A segmentation in which a missed hole is painted. Without one, the points of the outline are used.</source>
   <translation>Сегментация, в которой закрашен пропущенный дефект. Без неё используются точки обводки.</translation>
  </message>
  <message>
   <source>Plan a resection (before the bone is cut)</source>
   <translation>План резекции (до распила кости)</translation>
  </message>
  <message>
   <source>Before the bone is cut: draw what is removed. Opening, restored surface, implant and guides are made together.</source>
   <translation>До распила: обозначьте, что удаляется. Дефект, восстановленная поверхность, имплант и шаблоны создаются вместе.</translation>
  </message>
  <message>
   <source>Every click on the skull places a point of the line around what is removed; points can be dragged later, and each has Delete in its own menu, by a right click on it. The head is looked for first. A right click, Esc, or this button ends it.</source>
   <translation>Каждый щелчок по черепу ставит точку линии вокруг удаляемого; точки потом можно тянуть, в меню каждой (правый щелчок) есть удаление. Сначала определяется голова. Правый щелчок, Esc или эта кнопка завершает.</translation>
  </message>
  <message>
   <source>Draw the line</source>
   <translation>Провести линию</translation>
  </message>
  <message>
   <source>The next click on the skull draws a circle about it, of the diameter below. Its points can be dragged.</source>
   <translation>Следующий щелчок по черепу рисует вокруг него круг указанного ниже диаметра. Его точки можно тянуть.</translation>
  </message>
  <message>
   <source>Circle at a click</source>
   <translation>Круг по щелчку</translation>
  </message>
  <message>
   <source>Diameter of the circle:</source>
   <translation>Диаметр круга:</translation>
  </message>
  <message>
   <source>A click on the skull draws a circle of this diameter along the surface; of an ellipse it is the length.</source>
   <translation>Щелчок по черепу рисует круг этого диаметра вдоль поверхности; у эллипса это длина.</translation>
  </message>
  <message>
   <source> mm</source>
   <translation> мм</translation>
  </message>
  <message>
   <source>Width of the ellipse:</source>
   <translation>Ширина эллипса:</translation>
  </message>
  <message>
   <source>Less than 100 % of its length makes the circle an ellipse.</source>
   <translation>Меньше 100 % длины превращает круг в эллипс.</translation>
  </message>
  <message>
   <source> %</source>
   <translation> %</translation>
  </message>
  <message>
   <source>Turn of the ellipse:</source>
   <translation>Поворот эллипса:</translation>
  </message>
  <message>
   <source>Its length against the horizontal, counter-clockwise seen from outside.</source>
   <translation>Угол её длины к горизонтали, против часовой стрелки при взгляде снаружи.</translation>
  </message>
  <message>
   <source>°</source>
   <translation>°</translation>
  </message>
  <message>
   <source>Tumour:</source>
   <translation>Опухоль:</translation>
  </message>
  <message>
   <source>A segmentation or a mask of the tumour, in the same place as the head.</source>
   <translation>Сегментация или маска опухоли в том же пространстве, что и голова.</translation>
  </message>
  <message>
   <source>Margin around the tumour:</source>
   <translation>Отступ от опухоли:</translation>
  </message>
  <message>
   <source>The line runs this far outside a tumour.</source>
   <translation>Линия проходит на таком расстоянии от опухоли.</translation>
  </message>
  <message>
   <source>Least radius of the line:</source>
   <translation>Наименьший радиус линии:</translation>
  </message>
  <message>
   <source>A line around a tumour bends no more sharply than this, so that a saw can follow it; outwards no more sharply than the margin.</source>
   <translation>Линия вокруг опухоли изгибается не круче, чтобы пила могла по ней пройти; наружу не круче отступа.</translation>
  </message>
  <message>
   <source>Draws the line at the margin around the tumour. Its points can be dragged.</source>
   <translation>Проводит линию с отступом вокруг опухоли. Её точки можно тянуть.</translation>
  </message>
  <message>
   <source>Line around the tumour</source>
   <translation>Линия вокруг опухоли</translation>
  </message>
  <message>
   <source>Undoes the last change of the line. Ctrl+Z.</source>
   <translation>Отменяет последнее изменение линии. Ctrl+Z.</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>Отменить</translation>
  </message>
  <message>
   <source>Redoes what was undone. Ctrl+Y.</source>
   <translation>Возвращает отменённое. Ctrl+Y.</translation>
  </message>
  <message>
   <source>Redo</source>
   <translation>Вернуть</translation>
  </message>
  <message>
   <source>Deletes the line; Undo brings it back.</source>
   <translation>Удаляет линию; отмена возвращает её.</translation>
  </message>
  <message>
   <source>Delete the line</source>
   <translation>Удалить</translation>
  </message>
  <message>
   <source>How far the line is from what has to stay, nearest first. Only the frontal sinus is seen in the CT; the others are where they are in most heads: check them.</source>
   <translation>Расстояние линии до того, что должно остаться, ближайшее первым. На КТ видна только лобная пазуха; остальное там, где у большинства голов: проверьте.</translation>
  </message>
  <message>
   <source>Structure</source>
   <translation>Структура</translation>
  </message>
  <message>
   <source>Distance</source>
   <translation>Расстояние</translation>
  </message>
  <message>
   <source>Kerf:</source>
   <translation>Ширина пропила:</translation>
  </message>
  <message>
   <source>Width of the groove that saw or burr leaves.</source>
   <translation>Ширина борозды, которую оставляет пила или бор.</translation>
  </message>
  <message>
   <source>Side of the kerf:</source>
   <translation>Сторона пропила:</translation>
  </message>
  <message>
   <source>Where the groove is: outside the line, so that the removed piece ends on it; inside, so that the bone does; or half on each side.</source>
   <translation>Где борозда: снаружи линии, тогда на ней кончается удаляемый кусок; внутри, тогда кость; или поровну с обеих сторон.</translation>
  </message>
  <message>
   <source>Bevel of the wall:</source>
   <translation>Скос стенки:</translation>
  </message>
  <message>
   <source>The opening narrows inwards by this angle, so that the implant cannot sink.</source>
   <translation>Дефект сужается внутрь под этим углом, чтобы имплант не провалился.</translation>
  </message>
  <message>
   <source>Make a plate on the bone whose outer edge is the line.</source>
   <translation>Создать пластину на кости, внешний край которой — линия.</translation>
  </message>
  <message>
   <source>Drawing template</source>
   <translation>Разметочный шаблон</translation>
  </message>
  <message>
   <source>Make a frame outside the line whose inner wall leads saw or burr.</source>
   <translation>Создать рамку снаружи линии, внутренняя стенка которой ведёт пилу или бор.</translation>
  </message>
  <message>
   <source>Cutting guide</source>
   <translation>Направитель распила</translation>
  </message>
  <message>
   <source>Make a ring that repeats the edge of the bone that stays, to try and trim a cast implant on the table.</source>
   <translation>Создать кольцо, повторяющее край остающейся кости, чтобы примерить отлитый имплант на столе.</translation>
  </message>
  <message>
   <source>Margin ring</source>
   <translation>Краевое кольцо</translation>
  </message>
  <message>
   <source>All settings of the plan</source>
   <translation>Все настройки плана</translation>
  </message>
  <message>
   <source>&lt;b&gt;Cut&lt;/b&gt;</source>
   <translation>&lt;b&gt;Распил&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Wall:</source>
   <translation>Стенка:</translation>
  </message>
  <message>
   <source>The cut is perpendicular to the bone's surface everywhere, or parallel to one direction.</source>
   <translation>Распил всюду перпендикулярен поверхности кости или параллелен одному направлению.</translation>
  </message>
  <message>
   <source>Bone not trusted:</source>
   <translation>Сомнительная кость:</translation>
  </message>
  <message>
   <source>Bone this far beyond the cut has no say in the restored surface: the tumour may have thickened it.</source>
   <translation>Кость на таком расстоянии за распилом не влияет на восстановленную поверхность: опухоль могла её утолстить.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Guides&lt;/b&gt;</source>
   <translation>&lt;b&gt;Шаблоны&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Gap under the guides:</source>
   <translation>Зазор под шаблонами:</translation>
  </message>
  <message>
   <source>Distance between a guide and the bone under it; feet touch it.</source>
   <translation>Расстояние между шаблоном и костью под ним; ножки касаются кости.</translation>
  </message>
  <message>
   <source>Thickness of the template:</source>
   <translation>Толщина шаблона:</translation>
  </message>
  <message>
   <source>Thickness of the plate whose edge is the line.</source>
   <translation>Толщина пластины, край которой — линия.</translation>
  </message>
  <message>
   <source>Width of the cutting guide:</source>
   <translation>Ширина направителя:</translation>
  </message>
  <message>
   <source>The guide reaches this far over the bone outside the cut.</source>
   <translation>Настолько направитель заходит на кость снаружи распила.</translation>
  </message>
  <message>
   <source>Height of the guiding wall:</source>
   <translation>Высота стенки:</translation>
  </message>
  <message>
   <source>The wall along which saw or burr is led stands this high over the bone.</source>
   <translation>Настолько стенка, ведущая пилу или бор, возвышается над костью.</translation>
  </message>
  <message>
   <source>Width of the tool at the wall:</source>
   <translation>Ширина инструмента:</translation>
  </message>
  <message>
   <source>Width of what runs along the wall: blade, or shaft of a burr. Default: the kerf.</source>
   <translation>Ширина того, что идёт вдоль стенки: полотна или стержня бора. По умолчанию: пропил.</translation>
  </message>
  <message>
   <source>as the kerf</source>
   <translation>как пропил</translation>
  </message>
  <message>
   <source>Feet of the cutting guide:</source>
   <translation>Ножки направителя:</translation>
  </message>
  <message>
   <source>Number of feet on arms around the guide, or each of its parts, placed where they leave it the least play; 0 makes it touch the bone all over.</source>
   <translation>Число опор на плечах вокруг направителя или каждой его части; они стоят там, где оставляют ему меньше всего люфта. При 0 он касается кости всей поверхностью.</translation>
  </message>
  <message>
   <source>Reach of the feet:</source>
   <translation>Вылет ножек:</translation>
  </message>
  <message>
   <source>Feet stand no farther than this from the line, on bone that is exposed anyway.</source>
   <translation>Ножки стоят не дальше этого расстояния от линии, на и так обнажённой кости.</translation>
  </message>
  <message>
   <source>Parts of a guide:</source>
   <translation>Частей направителя:</translation>
  </message>
  <message>
   <source>Template and cutting guide are made of so many parts, each of which goes on along a direction of its own; automatic: of one, and of as few more as pass the checks where one does not.</source>
   <translation>Шаблон и направитель распила состоят из стольких частей; каждая ставится вдоль своего направления. Автоматически: из одной, а где она не проходит проверок, из как можно меньшего числа частей.</translation>
  </message>
  <message>
   <source>Windows:</source>
   <translation>Окна:</translation>
  </message>
  <message>
   <source>Number of windows in the cutting guide, or each of its parts, through which the bone is seen.</source>
   <translation>Число окон в направителе распила или в каждой его части, через которые видна кость.</translation>
  </message>
  <message>
   <source>Screws of a guide:</source>
   <translation>Винтов на шаблон:</translation>
  </message>
  <message>
   <source>Number of holes for screws in each guide, or each of its parts.</source>
   <translation>Число отверстий под винты в каждом направителе или в каждой его части.</translation>
  </message>
  <message>
   <source>Screw holes of a guide:</source>
   <translation>Отверстия под винты:</translation>
  </message>
  <message>
   <source>Diameter of the holes for screws.</source>
   <translation>Диаметр отверстий под винты.</translation>
  </message>
  <message>
   <source>Width of the margin ring:</source>
   <translation>Ширина кольца:</translation>
  </message>
  <message>
   <source>Width of the ring that repeats the edge of the bone, to try a cast implant in.</source>
   <translation>Ширина кольца, повторяющего край кости, для примерки отлитого импланта.</translation>
  </message>
  <message>
   <source>Opens the bone along the line, restores its surface, designs the implant, and makes and checks the guides.</source>
   <translation>Вскрывает кость по линии, восстанавливает поверхность, проектирует имплант, создаёт и проверяет шаблоны.</translation>
  </message>
  <message>
   <source>Plan the resection</source>
   <translation>Спланировать резекцию</translation>
  </message>
  <message>
   <source>One row for each guide; the tick shows it. Edge: 95 % of it is this near to the line. A guide that did not pass its checks is withheld.</source>
   <translation>По строке на шаблон; галочка показывает его. Край: 95 % его так близко к линии. Шаблон, не прошедший проверки, не выдаётся.</translation>
  </message>
  <message>
   <source>Guide</source>
   <translation>Шаблон</translation>
  </message>
  <message>
   <source>Edge
(mm)</source>
   <translation>Край
(мм)</translation>
  </message>
  <message>
   <source>Checks</source>
   <translation>Проверки</translation>
  </message>
  <message>
   <source>4. Edit the points</source>
   <translation>4. Правка точек</translation>
  </message>
  <message>
   <source>Fullness:</source>
   <translation>Выпуклость:</translation>
  </message>
  <message>
   <source>How full the surface is among those that the sound bone allows: 0 is the most likely, at +1 84 of 100 heads are flatter, at -1 84 of 100 are fuller. It passes through the reference points all the same.</source>
   <translation>Насколько выпукла поверхность среди тех, которые допускает здоровая кость: 0 — самая вероятная, при +1 у 84 голов из 100 она более плоская, при -1 у 84 из 100 более выпуклая. Через опорные точки она проходит в любом случае.</translation>
  </message>
  <message>
   <source> SD</source>
   <translation> СО</translation>
  </message>
  <message>
   <source>Switch off to lift the surface off the bone, or to place points over the hole.</source>
   <translation>Выключите, чтобы поднять поверхность над костью или ставить точки над дефектом.</translation>
  </message>
  <message>
   <source>Points snap to the outer table</source>
   <translation>Привязка точек к кости</translation>
  </message>
  <message>
   <source>Every click in 3D or in a slice places a point. A right click, Esc, or this button ends it.</source>
   <translation>Каждый щелчок в 3D или на срезе ставит точку. Завершение — правая кнопка мыши, Esc или эта кнопка.</translation>
  </message>
  <message>
   <source>Add points</source>
   <translation>Добавить точки</translation>
  </message>
  <message>
   <source>Deletes the point that was placed or touched last; a star marks it in the views. Any point has Delete in its own menu, by a right click on it.</source>
   <translation>Удаляет точку, поставленную или тронутую последней; в видах она отмечена звёздочкой. У каждой точки есть удаление и в её меню по правой кнопке.</translation>
  </message>
  <message>
   <source>Delete last point</source>
   <translation>Удалить последнюю</translation>
  </message>
  <message>
   <source>Undoes the last edit: points, fullness, defects, insertion arrows. Ctrl+Z.</source>
   <translation>Отменяет последнее изменение: точки, выпуклость, дефекты, стрелки установки. Ctrl+Z.</translation>
  </message>
  <message>
   <source>Puts the point that was touched last back where the program placed it.</source>
   <translation>Возвращает последнюю тронутую точку туда, куда её поставила программа.</translation>
  </message>
  <message>
   <source>Reset last point</source>
   <translation>Вернуть на место</translation>
  </message>
  <message>
   <source>Puts every point back where the program placed it, deleted ones too.</source>
   <translation>Возвращает все точки туда, куда их поставила программа, в том числе удалённые.</translation>
  </message>
  <message>
   <source>Reset all</source>
   <translation>Сбросить все</translation>
  </message>
  <message>
   <source>5. Implant</source>
   <translation>5. Имплант</translation>
  </message>
  <message>
   <source>Thickness:</source>
   <translation>Толщина:</translation>
  </message>
  <message>
   <source>Thickness of the implant. Has no effect where the inner table is followed.</source>
   <translation>Толщина импланта. Не действует, если повторяется внутренняя пластинка.</translation>
  </message>
  <message>
   <source>Make the implant as thick as the bone was, instead of equally thick everywhere.</source>
   <translation>Сделать имплант таким же толстым, какой была кость, а не одинаковым везде.</translation>
  </message>
  <message>
   <source>Follow the inner table</source>
   <translation>По внутренней пластинке</translation>
  </message>
  <message>
   <source>Clearance:</source>
   <translation>Зазор:</translation>
  </message>
  <message>
   <source>Gap between implant and bone, all along the bone's edge.</source>
   <translation>Щель между имплантом и костью по всему краю кости.</translation>
  </message>
  <message>
   <source>Bevel:</source>
   <translation>Скос:</translation>
  </message>
  <message>
   <source>Below its upper edge, the rim leans inwards by this angle.</source>
   <translation>Ниже верхней кромки край наклонён внутрь на этот угол.</translation>
  </message>
  <message>
   <source>Temporal filling:</source>
   <translation>Наполнение виска:</translation>
  </message>
  <message>
   <source>Raise the outer face over the temporal fossa, fading out towards the bone, to prevent hollowing where the muscle has wasted.</source>
   <translation>Приподнимает наружную поверхность над височной ямкой, сходя на нет к кости, чтобы не было западения при атрофии мышцы.</translation>
  </message>
  <message>
   <source>Drainage holes all over the implant, away from its rim.</source>
   <translation>Дренажные отверстия по всему импланту, вдали от края.</translation>
  </message>
  <message>
   <source>Perforations</source>
   <translation>Перфорации</translation>
  </message>
  <message>
   <source>Fixation:</source>
   <translation>Крепление:</translation>
  </message>
  <message>
   <source>Tabs with a screw hole on top of the surrounding bone, or flat recesses for plates in the outer face.</source>
   <translation>Лапки с отверстием под винт поверх окружающей кости или плоские углубления под пластины снаружи.</translation>
  </message>
  <message>
   <source>Material:</source>
   <translation>Материал:</translation>
  </message>
  <message>
   <source>Material for which mass and strength are calculated, and whose limits are kept where that is asked.</source>
   <translation>Материал, для которого рассчитываются масса и прочность и пределы которого при желании соблюдаются.</translation>
  </message>
  <message>
   <source>All settings of the implant</source>
   <translation>Все параметры импланта</translation>
  </message>
  <message>
   <source>&lt;b&gt;Body&lt;/b&gt;</source>
   <translation>&lt;b&gt;Тело&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Minimum thickness:</source>
   <translation>Мин. толщина:</translation>
  </message>
  <message>
   <source>Where the inner table is followed, the implant is at least this thick.</source>
   <translation>При повторении внутренней пластинки имплант не тоньше этого.</translation>
  </message>
  <message>
   <source>Depth below the surface:</source>
   <translation>Глубина под поверхностью:</translation>
  </message>
  <message>
   <source>The outer face is this far below the restored surface.</source>
   <translation>Насколько наружная поверхность ниже восстановленной.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Edge&lt;/b&gt;</source>
   <translation>&lt;b&gt;Край&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Rim radius:</source>
   <translation>Радиус края:</translation>
  </message>
  <message>
   <source>Radius of the rounding of the rim, outside and inside.</source>
   <translation>Радиус скругления края снаружи и изнутри.</translation>
  </message>
  <message>
   <source>Minimum rim thickness:</source>
   <translation>Мин. толщина края:</translation>
  </message>
  <message>
   <source>The rim is nowhere thinner than this; a feather edge breaks.</source>
   <translation>Край нигде не тоньше этого; острая кромка ломается.</translation>
  </message>
  <message>
   <source>Radius of the trim line:</source>
   <translation>Радиус линии обреза:</translation>
  </message>
  <message>
   <source>Where no bone ends the implant, at the base or the brow, one smooth line does; it is nowhere bent more sharply than this radius.</source>
   <translation>Там, где имплант не ограничен костью, у основания или надбровья, его завершает одна гладкая линия; её изгиб нигде не круче этого радиуса.</translation>
  </message>
  <message>
   <source>Least width at the trim line:</source>
   <translation>Мин. ширина у линии:</translation>
  </message>
  <message>
   <source>Next to the trim line, nothing of the implant is narrower than this.</source>
   <translation>Рядом с линией обреза ничто в импланте не уже этого.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Seating&lt;/b&gt;</source>
   <translation>&lt;b&gt;Посадка&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Trim the implant where bone would catch it during insertion; otherwise undercuts are only reported.</source>
   <translation>Подрезать имплант там, где кость мешает установке; иначе о поднутрениях только сообщается.</translation>
  </message>
  <message>
   <source>Trim undercuts</source>
   <translation>Подрезать поднутрения</translation>
  </message>
  <message>
   <source>Onlay rim:</source>
   <translation>Накладной край:</translation>
  </message>
  <message>
   <source>Width of a thin rim on top of the surrounding bone; 0 for an inlay.</source>
   <translation>Ширина тонкого края поверх окружающей кости; 0 — без накладки.</translation>
  </message>
  <message>
   <source>Thickness of the onlay rim:</source>
   <translation>Толщина накладки:</translation>
  </message>
  <message>
   <source>How far the rim rises above the bone.</source>
   <translation>Насколько край выступает над костью.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Holes&lt;/b&gt;</source>
   <translation>&lt;b&gt;Отверстия&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Diameter of perforations:</source>
   <translation>Диаметр перфораций:</translation>
  </message>
  <message>
   <source>Diameter of each drainage hole.</source>
   <translation>Диаметр каждого дренажного отверстия.</translation>
  </message>
  <message>
   <source>Distance between perforations:</source>
   <translation>Шаг перфораций:</translation>
  </message>
  <message>
   <source>Distance between the centres of neighbouring drainage holes.</source>
   <translation>Расстояние между центрами соседних дренажных отверстий.</translation>
  </message>
  <message>
   <source>Suture holes:</source>
   <translation>Отверстия под швы:</translation>
  </message>
  <message>
   <source>Number of holes for sutures, evenly spaced along the rim.</source>
   <translation>Число отверстий под швы, равномерно вдоль края.</translation>
  </message>
  <message>
   <source>Diameter of suture holes:</source>
   <translation>Диаметр под швы:</translation>
  </message>
  <message>
   <source>Diameter of each suture hole.</source>
   <translation>Диаметр каждого отверстия под шов.</translation>
  </message>
  <message>
   <source>Holes to rim:</source>
   <translation>От отверстий до края:</translation>
  </message>
  <message>
   <source>Minimum distance from the centre of a hole to the rim.</source>
   <translation>Наименьшее расстояние от центра отверстия до края.</translation>
  </message>
  <message>
   <source>&lt;b&gt;Fixation&lt;/b&gt;</source>
   <translation>&lt;b&gt;Крепление&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Number of fixations:</source>
   <translation>Число креплений:</translation>
  </message>
  <message>
   <source>Number of tabs or recesses, evenly spaced along the rim. Has no effect where points are named.</source>
   <translation>Число лапок или углублений, равномерно вдоль края. Не действует, если указаны точки.</translation>
  </message>
  <message>
   <source>Fixation at points:</source>
   <translation>Крепление у точек:</translation>
  </message>
  <message>
   <source>Reference points at which the tabs or recesses are placed, such as 1-03 and 1-15 (defect and point, as in the points' labels).</source>
   <translation>Опорные точки для лапок или углублений, например 1-03 и 1-15 (дефект и точка, как в подписях).</translation>
  </message>
  <message>
   <source>1-03 1-15</source>
   <translation>1-03 1-15</translation>
  </message>
  <message>
   <source>&lt;b&gt;Parts and mould&lt;/b&gt;</source>
   <translation>&lt;b&gt;Части и форма&lt;/b&gt;</translation>
  </message>
  <message>
   <source>Parts:</source>
   <translation>Части:</translation>
  </message>
  <message>
   <source>Make the implant in two or three parts with a lap joint.</source>
   <translation>Сделать имплант из двух или трёх частей внахлёст.</translation>
  </message>
  <message>
   <source>Overlap of the joint:</source>
   <translation>Нахлёст стыка:</translation>
  </message>
  <message>
   <source>How far the parts overlap at the joint.</source>
   <translation>Насколько части перекрываются в стыке.</translation>
  </message>
  <message>
   <source>Gap at the joint:</source>
   <translation>Зазор в стыке:</translation>
  </message>
  <message>
   <source>Gap between the parts at the joint.</source>
   <translation>Щель между частями в стыке.</translation>
  </message>
  <message>
   <source>Also make the two halves of a mould for casting the implant in PMMA.</source>
   <translation>Сделать также две половины формы для отливки импланта из ПММА.</translation>
  </message>
  <message>
   <source>Mould</source>
   <translation>Форма</translation>
  </message>
  <message>
   <source>&lt;b&gt;Finish&lt;/b&gt;</source>
   <translation>&lt;b&gt;Отделка&lt;/b&gt;</translation>
  </message>
  <message>
   <source>The onlay rim thins out to 0.3 mm at its edge, so that the scalp has hardly a step. Only for materials that bend: a thin edge of PEEK or titanium holds, one of ceramics breaks.</source>
   <translation>Накладной край сходит к кромке на 0,3 мм, чтобы под кожей почти не было ступеньки. Только для гибких материалов: тонкий край из PEEK или титана держит, из керамики ломается.</translation>
  </message>
  <message>
   <source>Feathered onlay edge</source>
   <translation>Утончённый край</translation>
  </message>
  <message>
   <source>Plate:</source>
   <translation>Пластина:</translation>
  </message>
  <message>
   <source>Profile of plates and screws: depth and width of the recesses, and diameter of the screw holes in tabs (Resources/plates.json).</source>
   <translation>Профиль пластин и винтов: глубина и ширина выемок и диаметр отверстий под винты в лапках (Resources/plates.json).</translation>
  </message>
  <message>
   <source>The screw holes in tabs are widened to a cone, so that the screws' heads are level with the tabs.</source>
   <translation>Отверстия под винты в лапках раззенкованы, чтобы головки винтов были вровень с лапками.</translation>
  </message>
  <message>
   <source>Countersunk screw holes</source>
   <translation>Раззенкованные отверстия</translation>
  </message>
  <message>
   <source>Engrave the case code, the side and an arrow that points up into the inner face, 0.3 mm deep, away from holes. A mould has no label.</source>
   <translation>Код случая, сторона и стрелка вверх гравируются на внутренней поверхности на глубину 0,3 мм, вдали от отверстий. На форме надписи нет.</translation>
  </message>
  <message>
   <source>Engraved label</source>
   <translation>Гравированная надпись</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle:</source>
   <translation>Толщина над височной мышцей:</translation>
  </message>
  <message>
   <source>Another thickness below the temporal line, where the muscle needs space; 0 for the same everywhere.</source>
   <translation>Другая толщина ниже височной линии, где мышце нужно место; 0 — везде одинаковая.</translation>
  </message>
  <message>
   <source>Transition at the temporal line:</source>
   <translation>Переход у височной линии:</translation>
  </message>
  <message>
   <source>Over this length along the surface the thickness changes smoothly to that over the temporal muscle.</source>
   <translation>На этой длине вдоль поверхности толщина плавно переходит в толщину над височной мышцей.</translation>
  </message>
  <message>
   <source>Rim, and what is left next to holes, are at least as thick as the material needs; a thinner body is refused.</source>
   <translation>Край и перемычки у отверстий не тоньше, чем нужно материалу; более тонкое тело отклоняется.</translation>
  </message>
  <message>
   <source>Keep the limits of the material</source>
   <translation>Соблюдать пределы материала</translation>
  </message>
  <message>
   <source>The outer half of the mould has a sprue and vents at the highest places of the cavity, the inner half a groove round the implant for what overflows.</source>
   <translation>В наружной половине формы литник и выпоры в самых высоких местах полости, во внутренней — канавка вокруг импланта для излишков.</translation>
  </message>
  <message>
   <source>Sprue, vents and overflow</source>
   <translation>Литник, выпоры и перелив</translation>
  </message>
  <message>
   <source>Wall of the mould:</source>
   <translation>Стенка формы:</translation>
  </message>
  <message>
   <source>The halves are hollow from outside: a wall of this thickness with ribs; 0 for solid blocks.</source>
   <translation>Половины снаружи полые: стенка такой толщины с рёбрами; 0 — сплошные блоки.</translation>
  </message>
  <message>
   <source>Also make a ring that repeats the bone's edge around the hole, to try and trim a cast implant in.</source>
   <translation>Также изготовить кольцо, повторяющее край кости вокруг дефекта, для примерки и подгонки отлитого импланта.</translation>
  </message>
  <message>
   <source>Estimate how far the implant bends and how safe it is under 50 N at its weakest place and under 15 mmHg from inside, in every material. An estimate for research, no proof of strength.</source>
   <translation>Оценивает прогиб импланта и запас прочности при 50 Н в самом слабом месте и при 15 мм рт. ст. изнутри для каждого материала. Оценка для исследований, не доказательство прочности.</translation>
  </message>
  <message>
   <source>Estimate of the strength</source>
   <translation>Оценка прочности</translation>
  </message>
  <message>
   <source>Raise for the skin:</source>
   <translation>Поднять для кожи:</translation>
  </message>
  <message>
   <source>Raise the outer face where muscle was lost, so that the skin will be as on the other side: over the temporal fossa, or everywhere. Needs a CT in which the other side is sound.</source>
   <translation>Поднять наружную поверхность там, где утрачена мышца, чтобы кожа была как на другой стороне: над височной ямкой или везде. Нужна КТ, на которой другая сторона цела.</translation>
  </message>
  <message>
   <source>Raise at most:</source>
   <translation>Поднять не более чем на:</translation>
  </message>
  <message>
   <source>The outer face is raised for the skin by no more than this.</source>
   <translation>Больше чем на эту величину наружная поверхность для кожи не поднимается.</translation>
  </message>
  <message>
   <source>Distance from orbit, jaw and foramina:</source>
   <translation>Расстояние до глазницы, сустава и отверстий:</translation>
  </message>
  <message>
   <source>A trim line that is nearer than this to the orbital margin, the joint of the jaw, the ear canal or a foramen of the base is warned of; 0 for no warning.</source>
   <translation>О линии обрезки, которая ближе этого к краю глазницы, височно-нижнечелюстному суставу, слуховому проходу или отверстию основания, предупреждается; 0 — без предупреждения.</translation>
  </message>
  <message>
   <source>Shows the insertion direction of each implant as an arrow. To change it, drag the blunt end and design again.</source>
   <translation>Показывает направление установки каждого импланта стрелкой. Чтобы изменить его, потяните тупой конец и спроектируйте снова.</translation>
  </message>
  <message>
   <source>Show the insertion direction</source>
   <translation>Показать направление</translation>
  </message>
  <message>
   <source>Drops the directions of arrows that you moved; the next design finds the insertion directions itself.</source>
   <translation>Сбрасывает направления перемещённых стрелок; следующий проект сам найдёт направления установки.</translation>
  </message>
  <message>
   <source>Find the direction again</source>
   <translation>Найти направление снова</translation>
  </message>
  <message>
   <source>Makes a closed body for each defect that is switched on.</source>
   <translation>Создаёт замкнутое тело для каждого включённого дефекта.</translation>
  </message>
  <message>
   <source>Design the implants</source>
   <translation>Создать импланты</translation>
  </message>
  <message>
   <source>Numbers of each implant.</source>
   <translation>Показатели каждого импланта.</translation>
  </message>
  <message>
   <source>Implant</source>
   <translation>Имплант</translation>
  </message>
  <message>
   <source>Mass
(g)</source>
   <translation>Масса
(г)</translation>
  </message>
  <message>
   <source>Only one of them can be seen, because their outer faces coincide.</source>
   <translation>Видно только одно из двух: их наружные поверхности совпадают.</translation>
  </message>
  <message>
   <source>Show implants, not surfaces</source>
   <translation>Импланты вместо поверхностей</translation>
  </message>
  <message>
   <source>6. Compare</source>
   <translation>6. Сравнение</translation>
  </message>
  <message>
   <source>Skull before:</source>
   <translation>Череп до операции:</translation>
  </message>
  <message>
   <source>The same patient's skull before the operation: a CT, a segmentation or a model. It is aligned with the restored skull first.</source>
   <translation>Череп того же пациента до операции: КТ, сегментация или модель. Сначала он совмещается с восстановленным.</translation>
  </message>
  <message>
   <source>Colours the restored surface by its distance to the skull before.</source>
   <translation>Окрашивает восстановленную поверхность по расстоянию до черепа до операции.</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>Сравнить</translation>
  </message>
  <message>
   <source>Colours the restored surface by its standard error again.</source>
   <translation>Снова окрашивает восстановленную поверхность по стандартной ошибке.</translation>
  </message>
  <message>
   <source>Colour by uncertainty</source>
   <translation>По неопределённости</translation>
  </message>
  <message>
   <source>How far the restored surface is from the skull before.</source>
   <translation>Насколько восстановленная поверхность отстоит от черепа до операции.</translation>
  </message>
  <message>
   <source>Defect</source>
   <translation>Дефект</translation>
  </message>
  <message>
   <source>Area
error
(cm²)</source>
   <translation>Ошибка
площади
(см²)</translation>
  </message>
  <message>
   <source>Largest
(mm)</source>
   <translation>Макс.
(мм)</translation>
  </message>
  <message>
   <source>RMS
(mm)</source>
   <translation>СКО
(мм)</translation>
  </message>
  <message>
   <source>Grade</source>
   <translation>Оценка</translation>
  </message>
  <message>
   <source>7. Export</source>
   <translation>7. Экспорт</translation>
  </message>
  <message>
   <source>Folder:</source>
   <translation>Папка:</translation>
  </message>
  <message>
   <source>A new or an empty folder, or one that holds an earlier result.</source>
   <translation>Новая или пустая папка либо папка с прежним результатом.</translation>
  </message>
  <message>
   <source>Otherwise nothing is ever overwritten.</source>
   <translation>Иначе ничего не перезаписывается.</translation>
  </message>
  <message>
   <source>Replace an earlier result</source>
   <translation>Заменить прежний результат</translation>
  </message>
  <message>
   <source>The scene contains the CT, with everything that its nodes say about the patient.</source>
   <translation>Сцена содержит КТ со всем, что её узлы говорят о пациенте.</translation>
  </message>
  <message>
   <source>The complete scene too (MRB)</source>
   <translation>И всю сцену (MRB)</translation>
  </message>
  <message>
   <source>Also as:</source>
   <translation>Также как:</translation>
  </message>
  <message>
   <source>Also write the implants as PLY.</source>
   <translation>Записать импланты также в PLY.</translation>
  </message>
  <message>
   <source>PLY</source>
   <translation>PLY</translation>
  </message>
  <message>
   <source>Also write the implants as OBJ.</source>
   <translation>Записать импланты также в OBJ.</translation>
  </message>
  <message>
   <source>OBJ</source>
   <translation>OBJ</translation>
  </message>
  <message>
   <source>Also write all implants in one 3MF file.</source>
   <translation>Записать все импланты также в один файл 3MF.</translation>
  </message>
  <message>
   <source>3MF</source>
   <translation>3MF</translation>
  </message>
  <message>
   <source>Also write the report as PDF.</source>
   <translation>Записать отчёт также в PDF.</translation>
  </message>
  <message>
   <source>PDF</source>
   <translation>PDF</translation>
  </message>
  <message>
   <source>Also writes the implants as DICOM objects, an STL for each and one segmentation, and adds them to Slicer's DICOM database, in the study of the CT. These files name the patient. The CT must have been loaded from that database. Off by default.</source>
   <translation>Записывает импланты также как объекты DICOM, по одному STL и одну сегментацию, и добавляет их в базу DICOM программы Slicer, в исследование КТ. Эти файлы называют пациента. КТ должна быть загружена из этой базы. По умолчанию выключено.</translation>
  </message>
  <message>
   <source>Add to the DICOM database</source>
   <translation>Добавить в базу DICOM</translation>
  </message>
  <message>
   <source>Writes models, masks, points and the report.</source>
   <translation>Записывает модели, маски, точки и отчёт.</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>Экспортировать</translation>
  </message>
  <message>
   <source>Advanced: views</source>
   <translation>Дополнительно: виды</translation>
  </message>
  <message>
   <source>Turns the nearest slice view into the plane through the chosen defect along its insertion direction, which goes down in it, and cuts skull, surface and implant in 3D there. Off by default; switched off, the view shows what it showed before.</source>
   <translation>Поворачивает ближайший вид среза в плоскость через выбранный дефект вдоль направления установки, которое идёт в нём вниз, и рассекает там череп, поверхность и имплант в 3D. По умолчанию выключено; после выключения вид показывает прежнее.</translation>
  </message>
  <message>
   <source>Section along the insertion direction</source>
   <translation>Сечение вдоль направления установки</translation>
  </message>
  <message>
   <source>Turn:</source>
   <translation>Поворот:</translation>
  </message>
  <message>
   <source>Turns the section about the insertion direction. From 0 to 180 °; default 0, along the longest extent of the implant; 90 is across it.</source>
   <translation>Поворачивает сечение вокруг направления установки. От 0 до 180 °; по умолчанию 0, вдоль наибольшей протяжённости импланта; 90 — поперёк неё.</translation>
  </message>
  <message>
   <source>Shift:</source>
   <translation>Сдвиг:</translation>
  </message>
  <message>
   <source>Moves the section away from the middle of the defect. From -80 to 80 mm; default 0.</source>
   <translation>Сдвигает сечение от середины дефекта. От -80 до 80 мм; по умолчанию 0.</translation>
  </message>
  <message>
   <source>Draws bone, surface and implant only inside of a box around the chosen defect; drag it by its handles. Off by default.</source>
   <translation>Рисует кость, поверхность и имплант только внутри рамки вокруг выбранного дефекта; тяните её за ручки. По умолчанию выключено.</translation>
  </message>
  <message>
   <source>Only what is inside a box (3D)</source>
   <translation>Только внутри рамки (3D)</translation>
  </message>
  <message>
   <source>Shows the other side of the head, mirrored, in the place of the restored surface, coloured by the distance in mm; the slices show both lines. No head is symmetric: it shows the difference and judges nothing. Off by default.</source>
   <translation>Показывает зеркальную другую сторону головы на месте восстановленной поверхности, цвет – расстояние в мм; в срезах видны обе линии. Голова не симметрична: разница показывается, но не оценивается. По умолчанию выключено.</translation>
  </message>
  <message>
   <source>Other side, mirrored</source>
   <translation>Другая сторона, зеркально</translation>
  </message>
  <message>
   <source>Before, after:</source>
   <translation>До, после:</translation>
  </message>
  <message>
   <source>Lets surfaces and implants fade: at 0 the skull as it is, at 100 as restored. From 0 to 100 %; default 100.</source>
   <translation>Делает поверхности и импланты прозрачными: при 0 череп как есть, при 100 восстановленный. От 0 до 100 %; по умолчанию 100.</translation>
  </message>
  <message>
   <source>Keeps a picture of the 3D view as you see it, for the report of the next export; up to 6.</source>
   <translation>Сохраняет снимок 3D-вида, как вы его видите, для отчёта следующего экспорта; до 6.</translation>
  </message>
  <message>
   <source>3D view to report</source>
   <translation>3D-вид в отчёт</translation>
  </message>
  <message>
   <source>Forgets the pictures of your views.</source>
   <translation>Удаляет снимки ваших видов.</translation>
  </message>
  <message>
   <source>Drop pictures</source>
   <translation>Убрать снимки</translation>
  </message>
  <message>
   <source>SkullRestore</source>
   <translation>SkullRestore</translation>
  </message>
  <message>
   <source>Restores the lost surface of the skull from a head CT and designs a printable implant: choose the CT, press Restore, drag reference points to change the surface, design the implant, export. &lt;p&gt;&lt;b&gt;Research use only.&lt;/b&gt; Not cleared by any authority; a qualified clinician must approve every design.&lt;/p&gt;&lt;p&gt;Tutorial: &lt;a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial"&gt;github.com/SkullRestore/SlicerSkullRestore&lt;/a&gt;&lt;/p&gt;</source>
   <translation>Восстанавливает по КТ головы утраченную поверхность черепа и проектирует имплант для печати: выберите КТ, нажмите «Восстановить», перетаскивайте опорные точки, чтобы изменить поверхность, создайте имплант, экспортируйте. &lt;p&gt;&lt;b&gt;Только для исследований.&lt;/b&gt; Не одобрено ни одним ведомством; каждый проект должен утвердить квалифицированный врач.&lt;/p&gt;&lt;p&gt;Руководство: &lt;a href="https://github.com/SkullRestore/SlicerSkullRestore#tutorial"&gt;github.com/SkullRestore/SlicerSkullRestore&lt;/a&gt;&lt;/p&gt;</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102. Weights and shape statistics (CC BY-NC-SA 4.0) were learnt from SkullFix, which was made from CQ500.</source>
   <translation>Метод по Мишинову С. В., Саратовский медицинский журнал 2023; 4(1): e0102. Веса и статистика формы (CC BY-NC-SA 4.0) получены на SkullFix, созданном из CQ500.</translation>
  </message>
  <message>
   <source>The bone could not be segmented.</source>
   <translation>Не удалось сегментировать кость.</translation>
  </message>
  <message>
   <source>The bone islands could not be removed.</source>
   <translation>Не удалось удалить фрагменты кости.</translation>
  </message>
  <message>
   <source>The skull could not be restored.</source>
   <translation>Не удалось восстановить череп.</translation>
  </message>
  <message>
   <source>The defect could not be added.</source>
   <translation>Не удалось добавить дефект.</translation>
  </message>
  <message>
   <source>The line could not be drawn.</source>
   <translation>Линию не удалось провести.</translation>
  </message>
  <message>
   <source>The resection could not be planned.</source>
   <translation>Резекцию не удалось спланировать.</translation>
  </message>
  <message>
   <source>The implants could not be designed.</source>
   <translation>Не удалось создать импланты.</translation>
  </message>
  <message>
   <source>The skulls could not be compared.</source>
   <translation>Не удалось сравнить черепа.</translation>
  </message>
  <message>
   <source>The result could not be written.</source>
   <translation>Не удалось записать результат.</translation>
  </message>
  <message>
   <source>Test passed.</source>
   <translation>Тест пройден.</translation>
  </message>
  <message>
   <source>Folder with the wheel files</source>
   <translation>Папка с файлами wheel</translation>
  </message>
  <message>
   <source>The packages could not be installed.</source>
   <translation>Не удалось установить пакеты.</translation>
  </message>
  <message>
   <source>The sample could not be made.</source>
   <translation>Не удалось создать пример.</translation>
  </message>
  <message>
   <source>Segment Editor could not be opened.</source>
   <translation>Не удалось открыть Segment Editor.</translation>
  </message>
  <message>
   <source>The bone island could not be removed.</source>
   <translation>Не удалось удалить фрагмент кости.</translation>
  </message>
  <message>
   <source>This could not be changed.</source>
   <translation>Не удалось это изменить.</translation>
  </message>
  <message>
   <source>SkullRestore could not finish.</source>
   <translation>SkullRestore не смог завершить работу.</translation>
  </message>
  <message>
   <source>Choose a head CT, a bone segmentation or a skull model first.</source>
   <translation>Сначала выберите КТ головы, сегментацию кости или модель черепа.</translation>
  </message>
  <message>
   <source>SkullRestore: {step}</source>
   <translation>SkullRestore: {step}</translation>
  </message>
  <message>
   <source>Skipped, because these packages are missing: {packages}</source>
   <translation>Пропущено: не хватает пакетов: {packages}</translation>
  </message>
  <message>
   <source>{doubt} Compare all the same?</source>
   <translation>{doubt} Всё равно сравнить?</translation>
  </message>
  <message>
   <source>Head CT for restoration</source>
   <translation>КТ головы для восстановления</translation>
  </message>
  <message>
   <source>By its headers this CT can be restored.</source>
   <translation>По заголовкам эту КТ можно восстановить.</translation>
  </message>
  <message>
   <source>This CT cannot be restored:</source>
   <translation>Эту КТ нельзя восстановить:</translation>
  </message>
  <message>
   <source>Offers head CT for restoration in the module DICOM, with what their headers say.</source>
   <translation>Предлагает в модуле DICOM КТ головы для восстановления вместе с тем, что говорят их заголовки.</translation>
  </message>
  <message>
   <source>{series} (head CT for restoration)</source>
   <translation>{series} (КТ головы для восстановления)</translation>
  </message>
  <message>
   <source>Head CT</source>
   <translation>КТ головы</translation>
  </message>
  <message>
   <source>Skull defect</source>
   <translation>Дефект черепа</translation>
  </message>
  <message>
   <source>Restores the skull a moment after the brush is lifted. On by default.</source>
   <translation>Восстанавливает череп вскоре после отрыва кисти. По умолчанию включено.</translation>
  </message>
  <message>
   <source>Restores the skull without the bone that is painted over; moved points are placed anew.</source>
   <translation>Восстанавливает череп без закрашенной кости; сдвинутые точки ставятся заново.</translation>
  </message>
  <message>
   <source>Removes the painted segment. Bone that was painted over comes back by Undo only.</source>
   <translation>Удаляет закрашенный сегмент. Закрашенная кость возвращается только отменой.</translation>
  </message>
  <message>
   <source>Restore after each stroke</source>
   <translation>Восстанавливать сразу</translation>
  </message>
  <message>
   <source>Restore now</source>
   <translation>Восстановить сейчас</translation>
  </message>
  <message>
   <source>Remove the paint</source>
   <translation>Убрать закраску</translation>
  </message>
  <message>
   <source>What is painted is taken out of the bone. After each stroke its area is shown, and some seconds later the restored surface. Works on the bone of a case of SkullRestore, in slices and in 3D; Shift + mouse wheel changes the size of the brush.</source>
   <translation>Закрашенное удаляется из кости. После каждого мазка показывается площадь, а через несколько секунд – восстановленная поверхность. Работает на кости случая SkullRestore, в срезах и в 3D; Shift + колесо мыши меняет размер кисти.</translation>
  </message>
  <message>
   <source>Paint a defect of the skull: where bone is missing, or where it is to be removed.</source>
   <translation>Закрасьте дефект черепа: где кости нет или где её нужно удалить.</translation>
  </message>
  <message>
   <source>There is no implant that passed its checks: nothing was added to the DICOM database.</source>
   <translation>Ни один имплант не прошёл проверки: в базу DICOM ничего не добавлено.</translation>
  </message>
  <message>
   <source>The head was not loaded from the DICOM database that is open, or its files are gone: patient and study are not known. Load it in the module DICOM, or leave 'Add to the DICOM database' out.</source>
   <translation>Голова не загружена из открытой базы DICOM, или её файлов больше нет: пациент и исследование неизвестны. Загрузите её в модуле DICOM или снимите 'Добавить в базу DICOM'.</translation>
  </message>
  <message>
   <source>The DICOM database did not take the objects. They are in the folder of the export: import them there.</source>
   <translation>База DICOM не приняла объекты. Они лежат в папке экспорта: импортируйте их оттуда.</translation>
  </message>
  <message>
   <source>Added to the DICOM database, in the study of the CT: {names}.</source>
   <translation>Добавлено в базу DICOM, в исследование КТ: {names}.</translation>
  </message>
  <message>
   <source>SkullRestore needs these Python packages: {packages}. Install them?</source>
   <translation>SkullRestore нужны пакеты Python: {packages}. Установить их?</translation>
  </message>
  <message>
   <source>These Python packages are missing: {packages}. Without a connection to the internet press 'Install from folder' at the top of this panel.</source>
   <translation>Не хватает пакетов Python: {packages}. Без интернета нажмите «Установить из папки» вверху панели.</translation>
  </message>
  <message>
   <source>The folder '{folder}' holds no wheel files of: {packages}. Choose the folder 'wheels' of the offline bundle.</source>
   <translation>В папке «{folder}» нет файлов wheel для: {packages}. Выберите папку «wheels» автономного пакета.</translation>
  </message>
  <message>
   <source>The wheel files of {packages} are not for this computer: a bundle is made for one system, and for the Python of 3D Slicer 5.12 or newer.</source>
   <translation>Файлы wheel для {packages} не подходят этому компьютеру: пакет создаётся для одной системы и для Python из 3D Slicer 5.12 или новее.</translation>
  </message>
  <message>
   <source>'Replace an earlier result'</source>
   <translation>«Заменить прежний результат»</translation>
  </message>
  <message>
   <source>'Image Spacing' in the module Volumes</source>
   <translation>«Image Spacing» в модуле Volumes</translation>
  </message>
  <message>
   <source>This is not the bone of a case. In the module SkullRestore choose the head, press 'Segment', and then 'Open in Segment Editor'.</source>
   <translation>Это не кость случая. В модуле SkullRestore выберите голову, нажмите 'Сегментировать', затем 'Открыть в Segment Editor'.</translation>
  </message>
  <message>
   <source>This case was not opened yet. Open it in the module SkullRestore first.</source>
   <translation>Этот случай ещё не открыт. Сначала откройте его в модуле SkullRestore.</translation>
  </message>
  <message>
   <source>Nothing is painted yet.</source>
   <translation>Пока ничего не закрашено.</translation>
  </message>
  <message>
   <source>Restoring: {step} …</source>
   <translation>Восстановление: {step} …</translation>
  </message>
  <message>
   <source>Painted: {area} cm² of the vault.</source>
   <translation>Закрашено: {area} см² свода.</translation>
  </message>
  <message>
   <source>Defect {number}: {area} cm², {side}, {region}. Its restored surface is shown.</source>
   <translation>Дефект {number}: {area} см², {side}, {region}. Его восстановленная поверхность показана.</translation>
  </message>
  <message>
   <source>Choose a head, or make a sample</source>
   <translation>Выберите голову или пример</translation>
  </message>
  <message>
   <source>Out of date: restore again</source>
   <translation>Устарело: восстановите</translation>
  </message>
  <message>
   <source>Out of date: design again</source>
   <translation>Устарело: имплант заново</translation>
  </message>
  <message>
   <source>Next: restore</source>
   <translation>Далее: восстановить</translation>
  </message>
  <message>
   <source>Next: check points, design</source>
   <translation>Далее: точки, имплант</translation>
  </message>
  <message>
   <source>Next: export</source>
   <translation>Далее: экспорт</translation>
  </message>
  <message>
   <source>Exported</source>
   <translation>Экспортировано</translation>
  </message>
  <message>
   <source>Design again</source>
   <translation>Создать имплант снова</translation>
  </message>
  <message>
   <source>Choose a head CT. To try it out, make a sample head, and press Restore.</source>
   <translation>Выберите КТ головы. Для пробы создайте пример и нажмите «Восстановить».</translation>
  </message>
  <message>
   <source>a part of its margin is not bone</source>
   <translation>часть края — не кость</translation>
  </message>
  <message>
   <source>bone all around</source>
   <translation>кость со всех сторон</translation>
  </message>
  <message>
   <source>watertight</source>
   <translation>замкнут</translation>
  </message>
  <message>
   <source>NOT WATERTIGHT</source>
   <translation>НЕ ЗАМКНУТ</translation>
  </message>
  <message>
   <source>OUT OF DATE: the restored surface is not what is chosen now. Restore again, or change it back; it cannot be exported.</source>
   <translation>УСТАРЕЛО: восстановленная поверхность не соответствует текущему выбору. Восстановите снова или верните прежнее; экспорт невозможен.</translation>
  </message>
  <message>
   <source>Not installed yet: {packages}. You are asked when they are needed.</source>
   <translation>Ещё не установлено: {packages}. Вас спросят, когда понадобится.</translation>
  </message>
  <message>
   <source>{moved} of {total} points moved or placed by hand.</source>
   <translation>Перемещено или поставлено вручную: {moved} из {total} точек.</translation>
  </message>
  <message>
   <source>Defect {number}: {points} points, {moved} moved, {uncertain} uncertain; {margin}.</source>
   <translation>Дефект {number}: точек {points}, перемещено {moved}, ненадёжных {uncertain}; {margin}.</translation>
  </message>
  <message>
   <source>Implant {number}: {closed}, thickness {thickness} mm; PEEK {peek} g, titanium {titanium} g, PMMA {pmma} g.</source>
   <translation>Имплант {number}: {closed}, толщина {thickness} мм; PEEK {peek} г, титан {titanium} г, ПММА {pmma} г.</translation>
  </message>
  <message>
   <source>automatic</source>
   <translation>автоматически</translation>
  </message>
  <message>
   <source>OUT OF DATE: the implant is not what is chosen now. Design it again; an export does so by itself.</source>
   <translation>УСТАРЕЛО: имплант не соответствует текущему выбору. Создайте его снова; экспорт сделает это сам.</translation>
  </message>
  <message>
   <source>From {low} to {high} {unit}; default {default}.</source>
   <translation>От {low} до {high} {unit}; по умолчанию {default}.</translation>
  </message>
  <message>
   <source>The comparison was made with '{name}'.</source>
   <translation>Сравнение сделано с «{name}».</translation>
  </message>
  <message>
   <source>Not passed; such an implant is not exported:</source>
   <translation>Не пройдено; такой имплант не экспортируется:</translation>
  </message>
  <message>
   <source>No line is drawn yet.</source>
   <translation>Линия ещё не проведена.</translation>
  </message>
  <message>
   <source>&lt;b&gt;{area} cm²&lt;/b&gt;, {length} mm around, least radius {radius} mm; {count} points.</source>
   <translation>&lt;b&gt;{area} см²&lt;/b&gt;, периметр {length} мм, наименьший радиус {radius} мм; точек: {count}.</translation>
  </message>
  <message>
   <source>{guide}: held down by hand it slides by up to {slide} mm and turns by up to {turn}.</source>
   <translation>{guide}: прижатый рукой, сдвигается до {slide} мм и поворачивается до {turn}.</translation>
  </message>
  <message>
   <source>{count} points. Press 'Draw the line' or 'Plan the resection' to measure it.</source>
   <translation>Точек: {count}. Нажмите «Провести линию» или «Спланировать резекцию», чтобы измерить.</translation>
  </message>
  <message>
   <source>{count} points.</source>
   <translation>Точек: {count}.</translation>
  </message>
  <message>
   <source>{guide}: {reason}</source>
   <translation>{guide}: {reason}</translation>
  </message>
  <message>
   <source>{guide}: it is tried on the table, and on no bone.</source>
   <translation>{guide}: примеряется на столе, не на кости.</translation>
  </message>
  <message>
   <source>The plan is not what is chosen now. Plan again, or change it back; it cannot be exported.</source>
   <translation>План не соответствует нынешнему выбору. Спланируйте заново или верните прежнее; экспорт невозможен.</translation>
  </message>
  <message>
   <source>Feet: {feet}.</source>
   <translation>Опоры: {feet}.</translation>
  </message>
  <message>
   <source>There is no 3D view in this layout. Choose one with a 3D view.</source>
   <translation>В этой раскладке нет 3D-вида. Выберите раскладку с 3D-видом.</translation>
  </message>
  <message>
   <source>Pictures of your views for the report: {count}.</source>
   <translation>Снимков ваших видов для отчёта: {count}.</translation>
  </message>
  <message>
   <source>Defect {number}: median {median} mm, 95 % within {within} mm; {percent} % compared.</source>
   <translation>Дефект {number}: медиана {median} мм, 95 % в пределах {within} мм; сравнено {percent} %.</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreLib</name>
  <message>
   <source>{1} is {2}: most likely a form that is not read here.</source>
   <translation>{1} — это {2}: скорее всего, формат, который здесь не читается.</translation>
  </message>
  <message>
   <source>{1} stores its values as {2}: most likely a form that is not read here, although the file may be in order.</source>
   <translation>{1} хранит значения как {2}: скорее всего, такой формат здесь не читается, хотя файл может быть исправен.</translation>
  </message>
  <message>
   <source>Export it again with plain numbers, such as 16-bit integers.</source>
   <translation>Экспортируйте снова простыми числами, например 16-битными целыми.</translation>
  </message>
  <message>
   <source>{1} packs its values as {2}: most likely a form that is not read here, although the file may be in order.</source>
   <translation>{1} упаковывает значения как {2}: скорее всего, такой формат здесь не читается, хотя файл может быть исправен.</translation>
  </message>
  <message>
   <source>Export it again, without compression or with gzip.</source>
   <translation>Экспортируйте снова без сжатия или с gzip.</translation>
  </message>
  <message>
   <source>{1} says that it is of the version {2}: most likely newer than what is read here.</source>
   <translation>{1} указывает версию {2}: скорее всего, новее той, что здесь читается.</translation>
  </message>
  <message>
   <source>Export it again in an older version of the format, or as another format.</source>
   <translation>Экспортируйте снова в более старой версии формата или в другом формате.</translation>
  </message>
  <message>
   <source>{1} does not begin as a file of its name does: most likely damaged, or a file of another kind under a changed name.</source>
   <translation>{1} начинается не так, как файл с таким именем: скорее всего, повреждён, или это файл другого вида под изменённым именем.</translation>
  </message>
  <message>
   <source>Export it again.</source>
   <translation>Экспортируйте снова.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in metres.</source>
   <translation>{1} имеет размеры {2}: скорее всего, голова в метрах.</translation>
  </message>
  <message>
   <source>Export it in millimetres{1}.</source>
   <translation>Экспортируйте в миллиметрах{1}.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in centimetres.</source>
   <translation>{1} имеет размеры {2}: скорее всего, голова в сантиметрах.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in inches.</source>
   <translation>{1} имеет размеры {2}: скорее всего, голова в дюймах.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely a head in micrometres, or in millimetres that the header calls metres.</source>
   <translation>{1} имеет размеры {2}: скорее всего, голова в микрометрах или в миллиметрах, которые заголовок называет метрами.</translation>
  </message>
  <message>
   <source>{1} measures {2}: most likely not a human head, or in an unknown unit.</source>
   <translation>{1} имеет размеры {2}: скорее всего, не голова человека или единица неизвестна.</translation>
  </message>
  <message>
   <source>Give a scan or a model of one complete head, in millimetres{1}.</source>
   <translation>Дайте снимок или модель одной целой головы в миллиметрах{1}.</translation>
  </message>
  <message>
   <source>The slices of {1} are {2} mm apart, and at most {3} mm can be used: most likely a series for viewing, not the thin series of the scan.</source>
   <translation>Срезы {1} отстоят на {2} мм, пригодно не более {3} мм: скорее всего, серия для просмотра, а не тонкая серия снимка.</translation>
  </message>
  <message>
   <source>Export the thin-slice series.</source>
   <translation>Экспортируйте серию с тонкими срезами.</translation>
  </message>
  <message>
   <source>Each of the {1} images has a series UID of its own: most likely one scan whose UIDs were replaced file by file, as some anonymisers do.</source>
   <translation>У каждого из {1} изображений свой UID серии: скорее всего, это один снимок, UID которого заменены в каждом файле, как делают некоторые анонимизаторы.</translation>
  </message>
  <message>
   <source>Anonymise the scan again so that its images keep one common series UID.</source>
   <translation>Обезличьте снимок снова так, чтобы у изображений остался общий UID серии.</translation>
  </message>
  <message>
   <source>The images of the series have the IDs of {1} patients: most likely images of several patients under one series UID, or a scan whose IDs were replaced file by file.</source>
   <translation>В изображениях серии разные ID пациентов (всего {1}): скорее всего, изображения нескольких пациентов под одним UID серии или снимок, ID которого заменены в каждом файле.</translation>
  </message>
  <message>
   <source>Export the CT of one patient again.</source>
   <translation>Экспортируйте КТ одного пациента снова.</translation>
  </message>
  <message>
   <source>The file holds {1} frames without a place for each, and without the distance between them: most likely an old multi-frame form that does not say how its images lie.</source>
   <translation>В файле {1} {1|кадр|кадра|кадров} без указания места и без расстояния между ними: скорее всего, старый многокадровый формат, где не сказано, как лежат изображения.</translation>
  </message>
  <message>
   <source>Export the CT as single slices, or as an enhanced CT.</source>
   <translation>Экспортируйте КТ отдельными срезами или как Enhanced CT.</translation>
  </message>
  <message>
   <source>{1} is a DICOM file without a slice: most likely a report, a scout view or a picture.</source>
   <translation>{1} — файл DICOM без среза: скорее всего, заключение, топограмма или картинка.</translation>
  </message>
  <message>
   <source>Choose the folder with the CT's image files.</source>
   <translation>Выберите папку с файлами изображений КТ.</translation>
  </message>
  <message>
   <source>None of the DICOM files in {1} is a slice of a scan ({2} looked at): most likely scout views, reports, colour pictures made from a CT, or damaged files.</source>
   <translation>Ни один файл DICOM в {1} не является срезом снимка (проверено: {2}): скорее всего, топограммы, заключения, цветные картинки по КТ или повреждённые файлы.</translation>
  </message>
  <message>
   <source>Export the original CT series.</source>
   <translation>Экспортируйте исходную серию КТ.</translation>
  </message>
  <message>
   <source>There is a DICOMDIR, but none of the images that it lists: most likely only the table of contents of a disc.</source>
   <translation>Есть DICOMDIR, но нет ни одного из перечисленных в нём изображений: скорее всего, это только оглавление диска.</translation>
  </message>
  <message>
   <source>Copy the disc's folders with the images too, and give the folder that holds everything.</source>
   <translation>Скопируйте с диска и папки с изображениями и укажите папку, где лежит всё.</translation>
  </message>
  <message>
   <source>The values look like HU + 1024 (soft tissue near {1}, air near {2}): most likely a CT whose rescale intercept was not applied.</source>
   <translation>Значения похожи на HU + 1024 (мягкие ткани около {1}, воздух около {2}): скорее всего, КТ, к которой не применён Rescale Intercept.</translation>
  </message>
  <message>
   <source>Export the CT in Hounsfield units (HU), with rescale slope and intercept applied.</source>
   <translation>Экспортируйте КТ в единицах Хаунсфилда (HU), применив Rescale Slope и Intercept.</translation>
  </message>
  <message>
   <source>Air is near {1} and soft tissue near {2}, where a CT has -1000 and 40 HU: most likely a CT with a wrong rescale intercept.</source>
   <translation>Воздух около {1}, мягкие ткани около {2}, а в КТ это -1000 и 40 HU: скорее всего, КТ с неверным Rescale Intercept.</translation>
  </message>
  <message>
   <source>Most voxels are near {1}, where a CT has -1000 (air) or 40 HU (soft tissue): most likely a CT without its rescale intercept, or no CT.</source>
   <translation>Большинство вокселей около {1}, а в КТ это -1000 (воздух) или 40 HU (мягкие ткани): скорее всего, КТ без Rescale Intercept или не КТ.</translation>
  </message>
  <message>
   <source>Soft tissue is {1} above air, where a CT has about 1000 HU: most likely a CT with a wrong rescale slope.</source>
   <translation>Мягкие ткани на {1} выше воздуха, а в КТ примерно на 1000 HU: скорее всего, КТ с неверным Rescale Slope.</translation>
  </message>
  <message>
   <source>The values run from {1} to {2}: most likely a grey image or a CT through a display window, not a CT in Hounsfield units (HU).</source>
   <translation>Значения от {1} до {2}: скорее всего, серое изображение или КТ через окно показа, а не КТ в единицах Хаунсфилда (HU).</translation>
  </message>
  <message>
   <source>Export the original CT.</source>
   <translation>Экспортируйте исходную КТ.</translation>
  </message>
  <message>
   <source>The values run from {1} to {2}: most likely a probability map, or a CT that was scaled for a network.</source>
   <translation>Значения от {1} до {2}: скорее всего, карта вероятностей или КТ, масштабированная для нейросети.</translation>
  </message>
  <message>
   <source>Give a mask of 0 and 1, or the CT in HU.</source>
   <translation>Дайте маску из 0 и 1 или КТ в HU.</translation>
  </message>
  <message>
   <source>Air, or the filling around it, has the value {1}: most likely a CT whose signed values are labelled unsigned.</source>
   <translation>Воздух или заполнение вокруг имеет значение {1}: скорее всего, КТ, знаковые значения которой помечены беззнаковыми.</translation>
  </message>
  <message>
   <source>Export the CT again, with its values labelled signed (DICOM: Pixel Representation 1).</source>
   <translation>Экспортируйте КТ снова, пометив значения знаковыми (DICOM: Pixel Representation 1).</translation>
  </message>
  <message>
   <source>Air, near {1}, is brighter than soft tissue, near {2}: most likely an inverted image.</source>
   <translation>Воздух, около {1}, светлее мягких тканей, около {2}: скорее всего, инвертированное изображение.</translation>
  </message>
  <message>
   <source>Export the original CT, not an inverted one.</source>
   <translation>Экспортируйте исходную КТ, не инвертированную.</translation>
  </message>
  <message>
   <source>{1} of the bone has exactly the highest value, {2} HU: most likely a CT that was clipped there.</source>
   <translation>У {1} кости ровно наибольшее значение, {2} HU: скорее всего, КТ, обрезанная на этом значении.</translation>
  </message>
  <message>
   <source>The surface of the bone may be some tenths of a millimetre off; export the CT with its complete range.</source>
   <translation>Поверхность кости может отличаться на десятые доли миллиметра; экспортируйте КТ с полным диапазоном.</translation>
  </message>
  <message>
   <source>No value is below {1} HU, and {2} of all have exactly this one: most likely a CT whose air was cut away or stored as 0.</source>
   <translation>Нет значений ниже {1} HU, и у {2} вокселей ровно это значение: скорее всего, КТ, где воздух удалён или записан как 0.</translation>
  </message>
  <message>
   <source>A table or head rest may be taken for bone; export the CT with its complete range if one is in the scan.</source>
   <translation>Стол или подголовник могут быть приняты за кость; если они есть на снимке, экспортируйте КТ с полным диапазоном.</translation>
  </message>
  <message>
   <source>Air is near {1} and soft tissue near {2}, where a CT has -1000 and 40 HU: most likely a cone-beam CT, or another one that is not calibrated.</source>
   <translation>Воздух около {1}, мягкие ткани около {2}, а в КТ это -1000 и 40 HU: скорее всего, конусно-лучевая или иная некалиброванная КТ.</translation>
  </message>
  <message>
   <source>The bone threshold follows the soft tissue; look at the bone before the result is used.</source>
   <translation>Порог кости подстроен под мягкие ткани; осмотрите кость, прежде чем использовать результат.</translation>
  </message>
  <message>
   <source>The images were compressed with loss{1}: most likely a copy for viewing.</source>
   <translation>Изображения сжаты с потерями{1}: скорее всего, копия для просмотра.</translation>
  </message>
  <message>
   <source>Fine bone may be blurred; use the original images where there are any.</source>
   <translation>Тонкая кость может быть размыта; возьмите исходные изображения, если они есть.</translation>
  </message>
  <message>
   <source>Every second slice is sharper than its neighbours: most likely a scan of two kernels, stored as one series.</source>
   <translation>Каждый второй срез резче соседних: скорее всего, снимок с двумя фильтрами, записанный одной серией.</translation>
  </message>
  <message>
   <source>The {1} sharper slices were used; export one kernel alone to choose.</source>
   <translation>Взяты {1} более резких срезов; чтобы выбрать, экспортируйте один фильтр отдельно.</translation>
  </message>
  <message>
   <source>There are {1} bodies as large as a skull, {2} mm apart: most likely several skulls in one file.</source>
   <translation>Тел размером с череп: {1}, между ними {2} мм: скорее всего, несколько черепов в одном файле.</translation>
  </message>
  <message>
   <source>Save the skull to be restored alone.</source>
   <translation>Сохраните отдельно тот череп, который нужно восстановить.</translation>
  </message>
  <message>
   <source>The mask is set around the head and not set in {1} mL inside it: most likely an inverted mask.</source>
   <translation>Маска стоит вокруг головы и не стоит в {1} мл внутри неё: скорее всего, инвертированная маска.</translation>
  </message>
  <message>
   <source>Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>Дайте маску: 1 в кости, 0 в остальных местах.</translation>
  </message>
  <message>
   <source>{1} of the bone is no thicker than a voxel of {2} mm: most likely a mask or a model whose voxels are too coarse for its thin bone, or a shell without thickness.</source>
   <translation>{1} кости не толще вокселя {2} мм: скорее всего, маска или модель, воксели которой слишком крупны для тонкой кости, или оболочка без толщины.</translation>
  </message>
  <message>
   <source>Give a mask with smaller voxels, or the CT itself.</source>
   <translation>Дайте маску с меньшими вокселями или саму КТ.</translation>
  </message>
  <message>
   <source>{1} of the bone is as thin as a voxel, {2} mm: most likely a mask whose voxels are coarse for its thin bone.</source>
   <translation>{1} кости толщиной в воксель, {2} мм: скорее всего, маска, воксели которой крупны для тонкой кости.</translation>
  </message>
  <message>
   <source>Gaps in thin bone may look like defects; a mask with smaller voxels, or the CT itself, shows more.</source>
   <translation>Разрывы тонкой кости могут выглядеть дефектами; маска с меньшими вокселями или сама КТ покажет больше.</translation>
  </message>
  <message>
   <source>The bone measures {1}, which is too narrow for a complete head: most likely a part of a scan or of a skull.</source>
   <translation>Кость имеет размеры {1}, это слишком узко для целой головы: скорее всего, часть снимка или черепа.</translation>
  </message>
  <message>
   <source>Give a scan or a model that holds the complete head from its base to the vertex.</source>
   <translation>Дайте снимок или модель целой головы от основания до темени.</translation>
  </message>
  <message>
   <source>Bone ends in a plane over {1} cm² at the {2} of the scan; {3} mm of the head are missing: most likely a part of a scan or of a skull.</source>
   <translation>Кость у края снимка ({2}) на {1} см² обрывается плоскостью; не хватает {3} мм головы: скорее всего, часть снимка или черепа.</translation>
  </message>
  <message>
   <source>Bone ends in a plane over {1} cm² at the {2} of the scan, {3} mm below the usual surface: most likely a defect, or the end of the scan.</source>
   <translation>Кость у края снимка ({2}) на {1} см² обрывается плоскостью, на {3} мм ниже обычной поверхности: скорее всего, дефект или конец снимка.</translation>
  </message>
  <message>
   <source>Where the scan ended there, nothing is known of the bone beyond: do not use the restoration then.</source>
   <translation>Если снимок там кончается, о кости дальше ничего не известно: тогда не используйте восстановление.</translation>
  </message>
  <message>
   <source>The volume has {1} million voxels; to restore it takes about {2} GB of memory, and {3} GB are free. Crop it to the head, {4}or close other programs.</source>
   <translation>В томе {1} млн вокселей; восстановление требует около {2} ГБ памяти, свободно {3} ГБ. Обрежьте его по голове или закройте другие программы.</translation>
  </message>
  <message>
   <source>The file Resources/{1} is missing from this installation of SkullRestore; install SkullRestore again.</source>
   <translation>В этой установке SkullRestore нет файла Resources/{1}; установите SkullRestore заново.</translation>
  </message>
  <message>
   <source>The file {1} is damaged: its checksum is not the one that was shipped. Install SkullRestore again.</source>
   <translation>Файл {1} повреждён: контрольная сумма не та, что при поставке. Установите SkullRestore заново.</translation>
  </message>
  <message>
   <source>Rays are at level {1}, the predicted tables at level {2}; use one grid.</source>
   <translation>Лучи уровня {1}, пластинки уровня {2}; используйте одну сетку.</translation>
  </message>
  <message>
   <source>A surface needs at least {1} reference points; {2} were asked for.</source>
   <translation>Поверхности нужно не менее {1} опорных точек; задано {2}.</translation>
  </message>
  <message>
   <source>There is no bone to make a surface of. Lower the bone threshold, or check the mask.</source>
   <translation>Нет кости, из которой можно построить поверхность. Снизьте порог кости или проверьте маску.</translation>
  </message>
  <message>
   <source>The package 'manifold3d' is needed to draw the skull and is not installed. Install it with pip.</source>
   <translation>Для рисования черепа нужен пакет «manifold3d», он не установлен. Установите его через pip.</translation>
  </message>
  <message>
   <source>The package 'fast-simplification' is needed to draw the skull and is not installed. Install it with pip.</source>
   <translation>Для рисования черепа нужен пакет «fast-simplification», он не установлен. Установите его через pip.</translation>
  </message>
  <message>
   <source>The model has no faces. Export the skull as a surface of triangles.</source>
   <translation>В модели нет граней. Экспортируйте череп как поверхность из треугольников.</translation>
  </message>
  <message>
   <source>The model has coordinates that are not numbers. Export it again.</source>
   <translation>В модели есть нечисловые координаты. Экспортируйте её снова.</translation>
  </message>
  <message>
   <source>The model is not closed: {1} % of the lines through it meet an odd number of walls. Export the skull as a closed body with both its tables.</source>
   <translation>Модель не замкнута: {1} % линий через неё пересекают нечётное число стенок. Экспортируйте череп замкнутым телом с обеими пластинками кости.</translation>
  </message>
  <message>
   <source>The model has holes; up to {1} % of the lines through it were left out, the others filled it.</source>
   <translation>В модели есть разрывы; до {1} % линий через неё пропущено, остальные её заполнили.</translation>
  </message>
  <message>
   <source>The model encloses no volume: it is a surface without thickness. Export the skull as a closed body with both its tables.</source>
   <translation>Модель не охватывает объёма: это поверхность без толщины. Экспортируйте череп замкнутым телом с обеими пластинками кости.</translation>
  </message>
  <message>
   <source>The model has only flat faces. Export it again.</source>
   <translation>В модели только вырожденные грани. Экспортируйте её снова.</translation>
  </message>
  <message>
   <source>The model's faces were inside out.</source>
   <translation>Грани модели были вывернуты внутрь.</translation>
  </message>
  <message>
   <source>{1} doubled faces of the model were left out.</source>
   <translation>Пропущено повторяющихся граней модели: {1}.</translation>
  </message>
  <message>
   <source>The grid's ijk_to_ras has no inverse: its axes do not span space.</source>
   <translation>У матрицы сетки ijk_to_ras нет обратной: её оси не образуют пространства.</translation>
  </message>
  <message>
   <source>Voxels of {1} mm are averaged to {2} mm: the restored surface needs no finer ones.</source>
   <translation>Воксели {1} мм усреднены до {2} мм: для восстановленной поверхности более мелкие не нужны.</translation>
  </message>
  <message>
   <source>Implant {1} ends about {2} mm from the {3}, at least {4} mm are asked for where no bone ends the defect; look at the place, and draw its trim line farther away.</source>
   <translation>Имплантат {1} заканчивается примерно в {2} мм от ориентира: {3}. Там, где дефект не ограничен костью, требуется не менее {4} мм; осмотрите это место и проведите линию обрезки дальше.</translation>
  </message>
  <message>
   <source>Implant {1}: its inner face enters {2} over {3} cm². Consider a thinner implant there, and how {4} will be closed.</source>
   <translation>Имплант {1}: внутренняя поверхность заходит в {2} на {3} см². Подумайте о более тонком импланте там и о том, как закрыть {4}.</translation>
  </message>
  <message>
   <source>Implant {1}: its inner face has no space for a label; it was left out.</source>
   <translation>Имплантат {1}: на внутренней поверхности нет места для надписи; она опущена.</translation>
  </message>
  <message>
   <source>Implant {1}: the outer face is raised by up to {2} mm for the skin, which is expected {3} mm from the mirrored skin of the other side, in the mean (95 %: {4} mm); without it {5} mm (95 %: {6} mm).</source>
   <translation>Имплантат {1}: наружная поверхность поднята для кожи до {2} мм; кожа ожидается в среднем в {3} мм от отражённой кожи другой стороны (95 %: {4} мм), без этого — {5} мм (95 %: {6} мм).</translation>
  </message>
  <message>
   <source>Defect {1} is too narrow for an implant with {2} mm clearance to the bone; ask for a smaller clearance, or leave this defect without an implant.</source>
   <translation>Дефект {1} слишком узок для импланта с зазором {2} мм; уменьшите зазор или оставьте дефект без импланта.</translation>
  </message>
  <message>
   <source>Implant {1} is too narrow for a sprue and vents; its mould has none.</source>
   <translation>Имплантат {1} слишком узок для литника и выпоров; в его форме их нет.</translation>
  </message>
  <message>
   <source>Around defect {1} there is no bone for a margin ring; make none.</source>
   <translation>Вокруг дефекта {1} нет кости для краевого кольца; не делайте его.</translation>
  </message>
  <message>
   <source>A piece of the implant has no volume; ask for fewer parts, or for no mould.</source>
   <translation>У части импланта нет объёма; выберите меньше частей или без формы.</translation>
  </message>
  <message>
   <source>Implant {1} has a thin edge for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>У имплантата {1} тонкий край для материала {2}: {3} мм, обычно не менее {4} мм.</translation>
  </message>
  <message>
   <source>Implant {1} has little material next to a hole for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>У имплантата {1} мало материала у отверстия для {2}: {3} мм, обычно не менее {4} мм.</translation>
  </message>
  <message>
   <source>Implant {1} is thin for {2}: {3} mm, usual are at least {4} mm.</source>
   <translation>Имплантат {1} тонок для материала {2}: {3} мм, обычно не менее {4} мм.</translation>
  </message>
  <message>
   <source>Implant {1}: {2} mm² of the bone's edge overhang along the insertion direction; {3}.</source>
   <translation>Имплант {1}: {2} мм² края кости нависают по направлению установки; {3}.</translation>
  </message>
  <message>
   <source>Implant {1} ends on a trim line{2}; {3} cm² of the defect stay uncovered.</source>
   <translation>Имплант {1} кончается линией обреза{2}; {3} см² дефекта остаются открытыми.</translation>
  </message>
  <message>
   <source>The thickness is from {1} to {2} mm off what was asked, and up to {3} mm were added for the skin.</source>
   <translation>Толщина отличается от заданной на величину от {1} до {2} мм, и до {3} мм добавлено для кожи.</translation>
  </message>
  <message>
   <source>The clearance is {1} mm in the middle, {2} mm were asked for.</source>
   <translation>Зазор в среднем {1} мм, задано {2} мм.</translation>
  </message>
  <message>
   <source>The thickness is {1} mm in the middle, {2} mm were asked for.</source>
   <translation>Толщина в среднем {1} мм, задано {2} мм.</translation>
  </message>
  <message>
   <source>The thickness is from {1} to {2} mm off what was asked at its place.</source>
   <translation>Толщина отличается от заданной в своём месте на {1}–{2} мм.</translation>
  </message>
  <message>
   <source>The body covers only {1} % of the defect.</source>
   <translation>Тело закрывает только {1} % дефекта.</translation>
  </message>
  <message>
   <source>The body is not closed.</source>
   <translation>Тело не замкнуто.</translation>
  </message>
  <message>
   <source>The body is turned inside out.</source>
   <translation>Тело вывернуто наизнанку.</translation>
  </message>
  <message>
   <source>{1} pairs of triangles cut each other.</source>
   <translation>Пересекающихся пар треугольников: {1}.</translation>
  </message>
  <message>
   <source>The body has {1} triangles, more than {2}.</source>
   <translation>В теле {1} треугольников, больше {2}.</translation>
  </message>
  <message>
   <source>Thinning out the triangles moved the surface by {1} mm.</source>
   <translation>Прореживание треугольников сдвинуло поверхность на {1} мм.</translation>
  </message>
  <message>
   <source>The body reaches into the bone at {1} places.</source>
   <translation>Тело заходит в кость в {1} местах.</translation>
  </message>
  <message>
   <source>The edge is only {1} mm thick at its thinnest.</source>
   <translation>Край в самом тонком месте всего {1} мм.</translation>
  </message>
  <message>
   <source>Only {1} mm of material is left next to a hole.</source>
   <translation>Рядом с отверстием остаётся всего {1} мм материала.</translation>
  </message>
  <message>
   <source>The label {1}, {2} mm were asked for.</source>
   <translation>Надпись {1}, требовалось {2} мм.</translation>
  </message>
  <message>
   <source>Only {1} mm of material is left under a recess.</source>
   <translation>Под углублением остаётся всего {1} мм материала.</translation>
  </message>
  <message>
   <source>The clearance is only {1} mm at its least.</source>
   <translation>Зазор в самом узком месте всего {1} мм.</translation>
  </message>
  <message>
   <source>The thickness {1}, {2} mm were asked for.</source>
   <translation>Толщина {1}, задано {2} мм.</translation>
  </message>
  <message>
   <source>The thickness is {1} mm off what was asked, in the middle.</source>
   <translation>Толщина в середине отличается от заданной на {1} мм.</translation>
  </message>
  <message>
   <source>The body is pinched together at a vertex.</source>
   <translation>Тело пережато в одной вершине.</translation>
  </message>
  <message>
   <source>{1} ({2} of the implant).</source>
   <translation>{1} ({2} импланта).</translation>
  </message>
  <message>
   <source>Implant {1}: only {2} of {3} suture holes were made; elsewhere along the rim they would come too near to the rim, or to a recess or tab.</source>
   <translation>Имплантат {1}: сделано только {2} из {3} отверстий для швов; в других местах они были бы слишком близко к краю, углублению или лапке.</translation>
  </message>
  <message>
   <source>Defect {1}: the insertion direction that was given does not lead into the hole; it runs from outside inwards, for this defect about {2} (right, front, up).</source>
   <translation>Дефект {1}: заданное направление установки не ведёт в отверстие; оно идёт снаружи внутрь, здесь примерно {2} (вправо, вперёд, вверх).</translation>
  </message>
  <message>
   <source>The implant of defect {1} cannot be split into {2} parts with joints that overlap by {3} mm; ask for fewer parts or a shorter overlap.</source>
   <translation>Имплант дефекта {1} нельзя разделить на {2} частей с нахлёстом {3} мм; выберите меньше частей или меньший нахлёст.</translation>
  </message>
  <message>
   <source>The margin ring is {1} mm from the implant at its nearest, {2} mm were asked for.</source>
   <translation>Краевое кольцо: наименьшее расстояние до имплантата {1} мм, задано {2} мм.</translation>
  </message>
  <message>
   <source>Part {1} is {2} mm from the next one at its nearest, {3} mm were asked for.</source>
   <translation>Часть {1}: до соседней части не менее {2} мм, задано {3} мм.</translation>
  </message>
  <message>
   <source>{1} is up to {2} mm off the implant.</source>
   <translation>{1}: отклонение от импланта до {2} мм.</translation>
  </message>
  <message>
   <source>{1} cannot be taken off: {2} mm² of the implant catch in it.</source>
   <translation>{1}: не снимается, {2} мм² импланта цепляются.</translation>
  </message>
  <message>
   <source>{1} has {2} open channels, {3} were asked for.</source>
   <translation>{1}: открытых каналов {2}, требовалось {3}.</translation>
  </message>
  <message>
   <source>{1} is no clean closed body.</source>
   <translation>{1}: не чистое замкнутое тело.</translation>
  </message>
  <message>
   <source>Implant {1}: there is no reference point {2}; its fixation was left out.</source>
   <translation>Имплант {1}: нет опорной точки {2}; её крепление пропущено.</translation>
  </message>
  <message>
   <source>Implant {1}: only {2} of {3} fixations were placed; elsewhere along the rim there is no bone level with the surface.</source>
   <translation>Имплант {1}: размещено только {2} из {3} креплений; в остальных местах края кость не на уровне поверхности.</translation>
  </message>
  <message>
   <source>No closed body can be made from {1} ({2}); move its reference points and restore it again.</source>
   <translation>Из {1} нельзя сделать замкнутое тело ({2}); переместите опорные точки и восстановите снова.</translation>
  </message>
  <message>
   <source>Implant {1}: its strength was not estimated; it is too small, or a piece of it is held nowhere.</source>
   <translation>Имплантат {1}: прочность не оценена; он слишком мал, или часть его нигде не закреплена.</translation>
  </message>
  <message>
   <source>Implant {1} may break: the estimate gives a safety factor of {2} in {3}, usual are at least {4}. Make it thicker, choose another material, or fix it at more places.</source>
   <translation>Имплантат {1} может сломаться: по оценке запас прочности для {3} равен {2}, обычно не менее {4}. Сделайте его толще, выберите другой материал или закрепите в большем числе мест.</translation>
  </message>
  <message>
   <source>Implant {1} bends by {2} mm in {3}, too far for the estimate of its strength, which is for small deflections.</source>
   <translation>Имплантат {1} прогибается на {2} мм ({3}): слишком много для оценки прочности, верной при малых прогибах.</translation>
  </message>
  <message>
   <source>The trim line does not cross the implant's outline from one border to the other; draw it across the defect, from bone to bone.</source>
   <translation>Линия обреза не пересекает контур импланта; проведите её через дефект, от кости до кости.</translation>
  </message>
  <message>
   <source>Pack the head series alone, or unpack it and give the folder.</source>
   <translation>Упакуйте только серию головы или распакуйте и укажите папку.</translation>
  </message>
  <message>
   <source>{1} was refused: it holds a file whose name leads out of its folder. None of it was kept.</source>
   <translation>{1}: отказано, внутри есть файл, имя которого ведёт за пределы папки. Ничего не сохранено.</translation>
  </message>
  <message>
   <source>{1} was refused: it holds a file whose name is too long, or has characters that no file name should have. Rename it. None of it was kept.</source>
   <translation>{1}: отказано, внутри есть файл со слишком длинным именем или недопустимыми знаками. Переименуйте его. Ничего не сохранено.</translation>
  </message>
  <message>
   <source>The disk is full: there is no room to unpack the file. Free some space for temporary files, and try again.</source>
   <translation>Диск полон: распаковать файл негде. Освободите место для временных файлов и попробуйте снова.</translation>
  </message>
  <message>
   <source>The zip file is empty.</source>
   <translation>Файл zip пуст.</translation>
  </message>
  <message>
   <source>The zip file is locked with a password. Pack the folder again without one.</source>
   <translation>Файл zip закрыт паролем. Упакуйте папку снова без пароля.</translation>
  </message>
  <message>
   <source>{1} was refused: the zip file holds links. Pack the files themselves.</source>
   <translation>{1}: отказано, в файле zip есть ссылки. Упакуйте сами файлы.</translation>
  </message>
  <message>
   <source>The zip file unpacks to {1} MB in {2} files; {3} MB are accepted. Pack the head series alone.</source>
   <translation>Файл zip распаковывается в {1} МБ, файлов: {2}; принимается {3} МБ. Упакуйте только серию головы.</translation>
  </message>
  <message>
   <source>{1} holds more than {2} files.</source>
   <translation>{1}: больше {2} файлов.</translation>
  </message>
  <message>
   <source>{1} holds two files of the same name, '{2}'. Pack each series into a folder of its own, or the files as one zip file.</source>
   <translation>{1}: два файла с одним именем, «{2}». Положите каждую серию в свою папку или упакуйте файлы в один zip.</translation>
  </message>
  <message>
   <source>{1} is larger than the {2} MB that are accepted.</source>
   <translation>{1} больше допустимых {2} МБ.</translation>
  </message>
  <message>
   <source>The zip file is damaged or of a kind that cannot be unpacked. Pack the folder again, as a plain zip.</source>
   <translation>Файл zip повреждён или такого вида, что его не распаковать. Упакуйте папку снова, простым zip.</translation>
  </message>
  <message>
   <source>'{1}' is a gzip file that is damaged or cut off. Export it again.</source>
   <translation>«{1}» — повреждённый или обрезанный файл gzip. Экспортируйте снова.</translation>
  </message>
  <message>
   <source>'{1}' is damaged or was not written by SkullRestore; restore the skull again.</source>
   <translation>«{1}» повреждён или записан не SkullRestore; восстановите череп снова.</translation>
  </message>
  <message>
   <source>'{1}' holds no {2}, so it cannot be redesigned; give a folder that this version of `skullrestore restore` has written, or restore again.</source>
   <translation>В «{1}» нет {2}, переделать нельзя; укажите папку, записанную этой версией `skullrestore restore`, или восстановите снова.</translation>
  </message>
  <message>
   <source>'{1}' was written by another version of SkullRestore; use that version, or restore again.</source>
   <translation>«{1}» записан другой версией SkullRestore; возьмите её или восстановите снова.</translation>
  </message>
  <message>
   <source>The case needs {1} GB of memory, and {2} GB are free; close other programs.</source>
   <translation>Случаю нужно {1} ГБ памяти, свободно {2} ГБ; закройте другие программы.</translation>
  </message>
  <message>
   <source>A DICOM segmentation needs the package highdicom: pip install highdicom.</source>
   <translation>Для сегментации DICOM нужен пакет highdicom: pip install highdicom.</translation>
  </message>
  <message>
   <source>{1} is damaged or was not copied completely. Export the series again.</source>
   <translation>{1}: повреждено или скопировано не полностью. Экспортируйте серию снова.</translation>
  </message>
  <message>
   <source>The CT's values go through a lookup table (Modality LUT) instead of a rescale. Export it in Hounsfield units (HU).</source>
   <translation>Значения КТ проходят через таблицу (Modality LUT), а не через Rescale. Экспортируйте в единицах Хаунсфилда (HU).</translation>
  </message>
  <message>
   <source>{1} is no longer there: its drive was lost, or it was moved. Restore again from a copy.</source>
   <translation>{1}: больше нет, диск пропал или файл перемещён. Восстановите снова из копии.</translation>
  </message>
  <message>
   <source>{1} is compressed as {2} and cannot be decoded: it is damaged, or that is not supported. Export it without compression.</source>
   <translation>{1}: сжатие {2} не раскодировать: файл повреждён или сжатие не поддерживается. Экспортируйте без сжатия.</translation>
  </message>
  <message>
   <source>{1} images of the series with another size or direction were left out.</source>
   <translation>{1} изображений серии с другим размером или направлением пропущены.</translation>
  </message>
  <message>
   <source>{1} slices, voxels of {2} mm.</source>
   <translation>Срезов: {1}, воксели {2} мм.</translation>
  </message>
  <message>
   <source>The slices are {1} mm apart: the result is coarser than with slices of {2} mm or less.</source>
   <translation>Расстояние между срезами {1} мм: результат грубее, чем при срезах не более {2} мм.</translation>
  </message>
  <message>
   <source>The slices are unequally spaced: usually {1} mm apart, but {2} mm {3}. Choose a series with equal spacing.</source>
   <translation>Расстояния между срезами неодинаковы: обычно {1} мм, но {2} мм {3}. Выберите серию с равными расстояниями.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}'. Choose the folder with the CT's files.</source>
   <translation>В '{1}' нет изображений DICOM. Выберите папку с файлами КТ.</translation>
  </message>
  <message>
   <source>The folder holds {1} images but no CT. SkullRestore needs a CT of the head.</source>
   <translation>В папке изображения {1}, но нет КТ. SkullRestore нужна КТ головы.</translation>
  </message>
  <message>
   <source>Series {1} is {2}, not CT. SkullRestore needs a CT of the head.</source>
   <translation>Серия {1} – {2}, а не КТ. SkullRestore нужна КТ головы.</translation>
  </message>
  <message>
   <source>The {1} images of the CT series have no place in the patient (position, orientation or pixel spacing is missing), like screen shots. Export the original CT series.</source>
   <translation>У {1} изображений серии КТ нет места в теле пациента (нет положения, направления или размера пикселя), как у снимков экрана. Экспортируйте исходную серию КТ.</translation>
  </message>
  <message>
   <source>All {1} images have the same place in the patient: their positions were lost, as some converters and anonymisers do. Export the original CT series.</source>
   <translation>Все {1} изображений находятся в одном месте: их положения потеряны, как бывает после конвертеров и анонимизаторов. Экспортируйте исходную серию КТ.</translation>
  </message>
  <message>
   <source>Several reconstructions share one series UID; this one{1} was separated from the others.</source>
   <translation>Несколько реконструкций имеют один UID серии; эта{1} отделена от других.</translation>
  </message>
  <message>
   <source>The images' position, pixel spacing or orientation is not valid. Export the original CT series.</source>
   <translation>Положение, размер пикселя или направление изображений недопустимы. Экспортируйте исходную серию КТ.</translation>
  </message>
  <message>
   <source>The slices are not in one straight stack (off by {1} mm): the table or the head moved between scans. Export one continuous scan.</source>
   <translation>Срезы не образуют прямой стопки (отклонение {1} мм): стол или голова сдвинулись между снимками. Экспортируйте один непрерывный снимок.</translation>
  </message>
  <message>
   <source>{1} of the {2} slices are at the same place as another: several scans are mixed. Export one of them alone.</source>
   <translation>{1} из {2} срезов находятся на месте другого: смешаны несколько снимков. Экспортируйте один из них отдельно.</translation>
  </message>
  <message>
   <source>{1} missing {2}{3}. Export the complete series again.</source>
   <translation>{2}{3} отсутствует: {1}. Экспортируйте полную серию снова.</translation>
  </message>
  <message>
   <source>The CT series has {1}; at least {2} slices that cover the skull are needed.</source>
   <translation>В серии КТ {1}; нужно не менее {2} срезов, охватывающих череп.</translation>
  </message>
  <message>
   <source>Gantry tilt of {1} degrees taken into account.</source>
   <translation>Учтён наклон гентри {1}°.</translation>
  </message>
  <message>
   <source>{1} images are there a second time under another UID; each was used once.</source>
   <translation>{1} изображений есть второй раз под другим UID; каждое использовано один раз.</translation>
  </message>
  <message>
   <source>Each image has a series UID of its own; they were put together by study and place.</source>
   <translation>У каждого изображения свой UID серии; они собраны по исследованию и месту.</translation>
  </message>
  <message>
   <source>Was the complete series exported?</source>
   <translation>Экспортирована ли серия целиком?</translation>
  </message>
  <message>
   <source>DICOM objects can only be made from a DICOM input: patient and study come from there. Leave {1} dicom out.</source>
   <translation>Объекты DICOM можно сделать только из данных DICOM: оттуда берутся пациент и исследование. Снимите DICOM.</translation>
  </message>
  <message>
   <source>The CT in the scene is not where its images are: it was moved by a transform, turned or resampled, or its gantry tilt was left out. DICOM objects would be in another place than the patient's head. Load the series again as 'head CT for restoration'.</source>
   <translation>КТ в сцене находится не там, где её изображения: она сдвинута преобразованием, повёрнута или передискретизирована, или пропущен наклон гентри. Объекты DICOM оказались бы не на месте головы пациента. Загрузите серию снова как 'КТ головы для восстановления'.</translation>
  </message>
  <message>
   <source>{1} the DICOM series that was restored; DICOM objects can only be made from a DICOM input.</source>
   <translation>{1} нет восстановленной серии DICOM; объекты DICOM можно сделать только из данных DICOM.</translation>
  </message>
  <message>
   <source>In the DICOM objects, values of the CT are not complete: {1}.</source>
   <translation>В объектах DICOM значения КТ неполны: {1}.</translation>
  </message>
  <message>
   <source>Left out of the DICOM objects, as the CT's header has it: {1}.</source>
   <translation>Пропущено в объектах DICOM из-за заголовка КТ: {1}.</translation>
  </message>
  <message>
   <source>The DICOM objects do not refer to the CT's images: their UIDs are missing or not valid.</source>
   <translation>Объекты DICOM не ссылаются на изображения КТ: их UID отсутствуют или недопустимы.</translation>
  </message>
  <message>
   <source>The headers of the CT cannot be read well enough to make DICOM objects. Leave {1} dicom out.</source>
   <translation>Заголовки КТ не читаются достаточно для объектов DICOM. Снимите DICOM.</translation>
  </message>
  <message>
   <source>The images of the series are of several {1}, by their headers: DICOM objects would be filed under one of them. Export the series again, or leave {2} dicom out.</source>
   <translation>По заголовкам изображения серии относятся к нескольким {1}: объекты DICOM попали бы к одному из них. Экспортируйте серию снова или снимите DICOM.</translation>
  </message>
  <message>
   <source>In the DICOM objects, values of the CT are in the form of the standard: {1}.</source>
   <translation>В объектах DICOM значения КТ приведены к форме стандарта: {1}.</translation>
  </message>
  <message>
   <source>The CT's header has {1}: the DICOM objects have a new one, and {2}.</source>
   <translation>В заголовке КТ {1}: объекты DICOM получили новый, и {2}.</translation>
  </message>
  <message>
   <source>Unpack it first, and give the folder.</source>
   <translation>Сначала распакуйте и укажите папку.</translation>
  </message>
  <message>
   <source>Export the CT itself, as DICOM.</source>
   <translation>Экспортируйте саму КТ в DICOM.</translation>
  </message>
  <message>
   <source>Save a model as VTP with surface polygons or as STL, an image as NRRD.</source>
   <translation>Сохраните модель как VTP с полигонами поверхности или как STL, изображение — как NRRD.</translation>
  </message>
  <message>
   <source>Unpack it first.</source>
   <translation>Сначала распакуйте.</translation>
  </message>
  <message>
   <source>Convert it to NIfTI or NRRD.</source>
   <translation>Преобразуйте в NIfTI или NRRD.</translation>
  </message>
  <message>
   <source>Save the model as VTP or STL, an image as NRRD.</source>
   <translation>Сохраните модель как VTP или STL, изображение — как NRRD.</translation>
  </message>
  <message>
   <source>Save the model as STL, PLY or OBJ.</source>
   <translation>Сохраните модель как STL, PLY или OBJ.</translation>
  </message>
  <message>
   <source>Save the model as STL.</source>
   <translation>Сохраните модель как STL.</translation>
  </message>
  <message>
   <source>The download failed: load the file again.</source>
   <translation>Загрузка не удалась: скачайте файл снова.</translation>
  </message>
  <message>
   <source>Convert the original images to NIfTI or NRRD.</source>
   <translation>Преобразуйте исходные изображения в NIfTI или NRRD.</translation>
  </message>
  <message>
   <source>'{1}' cannot be read: it is damaged, cut off, or its data file is missing. Export it again.</source>
   <translation>«{1}» не читается: повреждён, обрезан или нет файла данных. Экспортируйте снова.</translation>
  </message>
  <message>
   <source>'{1}' names a list, a pattern, a link or a place elsewhere for its values; only one file in the same folder is read, by its plain name. Export it as one file, such as .nrrd or .nii.gz.</source>
   <translation>«{1}» указывает для значений список, шаблон, ссылку или другое место; читается только один файл из той же папки по простому имени. Экспортируйте одним файлом, например .nrrd или .nii.gz.</translation>
  </message>
  <message>
   <source>'{1}' is no single 3-D image of one value per voxel (size {2}, values {3}). Export one CT volume or one bone mask.</source>
   <translation>«{1}» — не одно трёхмерное изображение с одним значением на воксель (размер {2}, значения {3}). Экспортируйте один объём КТ или одну маску кости.</translation>
  </message>
  <message>
   <source>'{1}' is no longer there: its drive was lost, or it was moved. Restore again from a copy.</source>
   <translation>«{1}» больше нет: диск пропал или файл перемещён. Восстановите снова из копии.</translation>
  </message>
  <message>
   <source>The axes in the header of '{1}' are not valid. Export it again.</source>
   <translation>Оси в заголовке «{1}» недопустимы. Экспортируйте снова.</translation>
  </message>
  <message>
   <source>The header of '{1}' gives no voxel size. Set it with {2}, in mm along the three axes, such as 0.45,0.45,1.</source>
   <translation>В заголовке «{1}» нет размера вокселя. Задайте его через {2}, в мм по трём осям, например 0.45,0.45,1.</translation>
  </message>
  <message>
   <source>The header says coordinates in {1}; {2} was taken, as set with {3}.</source>
   <translation>Заголовок указывает координаты в {1}; взято {2}, как задано через {3}.</translation>
  </message>
  <message>
   <source>'{1}' is no NIfTI file, and has neither sform nor qform. Leave {2} out.</source>
   <translation>«{1}» — не файл NIfTI, в нём нет ни sform, ни qform. Уберите {2}.</translation>
  </message>
  <message>
   <source>The header says voxels of {1} mm; {2} mm were taken, as set with {3}.</source>
   <translation>Заголовок указывает воксели {1} мм; взято {2} мм, как задано через {3}.</translation>
  </message>
  <message>
   <source>The spacing must be three numbers above 0, in mm, such as 0.45,0.45,1.</source>
   <translation>Размер вокселя — три числа больше 0, в мм, например 0.45,0.45,1.</translation>
  </message>
  <message>
   <source>'{1}' is no space. Give the side to which each coordinate increases, such as LPS, RAS or LAS.</source>
   <translation>«{1}» — не система координат. Укажите, в какую сторону растёт каждая координата, например LPS, RAS или LAS.</translation>
  </message>
  <message>
   <source>'{1}' is no part of a NIfTI header. Choose sform or qform.</source>
   <translation>«{1}» — не часть заголовка NIfTI. Выберите sform или qform.</translation>
  </message>
  <message>
   <source>'{1}' is no markups file of 3D Slicer (.mrk.json); save the points or the line there.</source>
   <translation>«{1}» — не файл разметки 3D Slicer (.mrk.json); сохраните точки или линию там.</translation>
  </message>
  <message>
   <source>'{1}' has no line: it needs at least two different points.</source>
   <translation>В «{1}» нет линии: нужны хотя бы две разные точки.</translation>
  </message>
  <message>
   <source>'{1}' is no line: give a closed curve of 3D Slicer (.mrk.json), or a list of positions [x, y, z].</source>
   <translation>«{1}» — не линия: дайте замкнутую кривую 3D Slicer (.mrk.json) или список положений [x, y, z].</translation>
  </message>
  <message>
   <source>There is no file '{1}'. Check the path.</source>
   <translation>Нет файла «{1}». Проверьте путь.</translation>
  </message>
  <message>
   <source>'{1}' is not in LPS or RAS millimetres; save it again in 3D Slicer.</source>
   <translation>«{1}» не в миллиметрах LPS или RAS; сохраните снова в 3D Slicer.</translation>
  </message>
  <message>
   <source>'{1}' has two points with the label {2}; give each point its own.</source>
   <translation>В «{1}» две точки с меткой {2}; дайте каждой свою.</translation>
  </message>
  <message>
   <source>The mask is a part of a scan: free margins were added up to the edges of the scan.</source>
   <translation>Маска — часть снимка: до его краёв добавлено пустое поле.</translation>
  </message>
  <message>
   <source>The mask ends with its bone, as a cropped one does: it was taken for complete there.</source>
   <translation>Маска кончается вместе с костью, как обрезанная: там она принята за полную.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: the directions in its TransformMatrix have lengths of {2} instead of 1, so its voxel size is not certain. Export the image again.</source>
   <translation>Заголовок «{1}» противоречит себе: направления в TransformMatrix имеют длины {2} вместо 1, размер вокселя неясен. Экспортируйте изображение снова.</translation>
  </message>
  <message>
   <source>The header of '{1}' has a line that is not understood, or the same line twice. Export the image again.</source>
   <translation>В заголовке «{1}» непонятная или повторённая строка. Экспортируйте изображение снова.</translation>
  </message>
  <message>
   <source>The file does not say in which coordinates the model is; LPS was taken, as 3D Slicer writes models. Compare left and right with the patient before the result is used.</source>
   <translation>В файле не сказано, в каких координатах модель; принято LPS, как пишет 3D Slicer. Сверьте лево и право с пациентом, прежде чем использовать результат.</translation>
  </message>
  <message>
   <source>'{1}' cannot be read: it is damaged or cut off. Export it again.</source>
   <translation>«{1}» не читается: повреждён или обрезан. Экспортируйте снова.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}.</source>
   <translation>Координаты прочитаны как {1}.</translation>
  </message>
  <message>
   <source>'{1}' has no faces. Export the skull as a surface of triangles, not as points.</source>
   <translation>В «{1}» нет граней. Экспортируйте череп поверхностью из треугольников, не точками.</translation>
  </message>
  <message>
   <source>{1} triangles.</source>
   <translation>Треугольников: {1}.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}, as set with {2}.</source>
   <translation>Координаты прочитаны как {1}, как задано через {2}.</translation>
  </message>
  <message>
   <source>Coordinates read as {1}, as the file says.</source>
   <translation>Координаты прочитаны как {1}, как сказано в файле.</translation>
  </message>
  <message>
   <source>The header's sform and qform place the head differently, rotated by {1} degrees and its first voxel moved by {2} mm; the {3} was used, and results may not be in place on images that are shown by the {4}.</source>
   <translation>sform и qform в заголовке располагают голову по-разному: поворот {1}°, первый воксель сдвинут на {2} мм; взято {3}, и на изображениях, показанных по {4}, результаты могут быть не на месте.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: {2}. Find out which is right, and say so with {3} sform or {4} qform.</source>
   <translation>Заголовок «{1}» противоречит себе: {2}. Выясните, что верно, и укажите через {3} sform или {4} qform.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: its sform says {2} axes, its qform {3} ones, so left and right are not certain. Find out which is right, and say so with {4} sform or {5} qform.</source>
   <translation>Заголовок «{1}» противоречит себе: по sform оси {2}, по qform — {3}, лево и право неясны. Выясните, что верно, и укажите через {4} sform или {5} qform.</translation>
  </message>
  <message>
   <source>The header contradicts itself: {1}. The {2} was used, as chosen.</source>
   <translation>Заголовок противоречит себе: {1}. Взято {2}, как выбрано.</translation>
  </message>
  <message>
   <source>The header's sform is empty or not valid; its qform was used.</source>
   <translation>sform пуст или недопустим; взято qform.</translation>
  </message>
  <message>
   <source>The header's sform and qform differ in handedness; the {1} was used, as chosen. Compare left and right with the patient.</source>
   <translation>sform и qform зеркальны друг другу; взято {1}, как выбрано. Сверьте лево и право с пациентом.</translation>
  </message>
  <message>
   <source>The header of '{1}' names a space that is not known. Export the image again, in space left-posterior-superior.</source>
   <translation>В заголовке «{1}» неизвестная система координат. Экспортируйте изображение снова в left-posterior-superior.</translation>
  </message>
  <message>
   <source>The header of '{1}' contradicts itself: its directions say voxels of {2} mm, its spacings {3} mm. Export the image again.</source>
   <translation>Заголовок «{1}» противоречит себе: по направлениям воксели {2} мм, по шагам {3} мм. Экспортируйте изображение снова.</translation>
  </message>
  <message>
   <source>{1} is a file, so no folder can be made there; choose another output folder.</source>
   <translation>{1} — файл, там нельзя создать папку; выберите другую.</translation>
  </message>
  <message>
   <source>There is no permission to write in {1}; choose another output folder or ask for the permission.</source>
   <translation>Нет права записи в {1}; выберите другую папку или получите право.</translation>
  </message>
  <message>
   <source>{1} holds files that SkullRestore did not write ({2}); choose an empty or a new folder.</source>
   <translation>В {1} есть файлы не от SkullRestore ({2}); выберите пустую или новую папку.</translation>
  </message>
  <message>
   <source>{1} already holds a result; choose another folder, or replace the result with {2}.</source>
   <translation>В {1} уже есть результат; выберите другую папку или замените его с помощью {2}.</translation>
  </message>
  <message>
   <source>The disk of {1} has {2} MB free, the result needs about {3} MB; make room or choose another output folder.</source>
   <translation>На диске {1} свободно {2} МБ, нужно около {3} МБ; освободите место или выберите другую папку.</translation>
  </message>
  <message>
   <source>{1} could not be written: {2}. Nothing was written.</source>
   <translation>Не удалось записать {1}: {2}. Ничего не записано.</translation>
  </message>
  <message>
   <source>The disk of {1} is full; make room or choose another output folder. Nothing was written.</source>
   <translation>Диск {1} заполнен; освободите место или выберите другую папку. Ничего не записано.</translation>
  </message>
  <message>
   <source>There is no permission to write {1}; choose another output folder or ask for the permission.</source>
   <translation>Нет права записать {1}; выберите другую папку или получите право.</translation>
  </message>
  <message>
   <source>Choose the folder with the CT's files.</source>
   <translation>Выберите папку с файлами КТ.</translation>
  </message>
  <message>
   <source>Series {1} was read; {2} other series in the folder {3} not used.</source>
   <translation>Прочитана серия {1}; другие серии в папке не использованы ({2}).</translation>
  </message>
  <message>
   <source>It holds {1}: give that file instead.</source>
   <translation>В ней {1}: укажите этот файл.</translation>
  </message>
  <message>
   <source>It holds {1} packed files such as {2}: unpack them first.</source>
   <translation>В ней упакованных файлов: {1}, например {2}; сначала распакуйте их.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}'.</source>
   <translation>В «{1}» нет изображений DICOM.</translation>
  </message>
  <message>
   <source>'{1}' is of a kind that cannot be read. Give a DICOM folder or a zip of it, an image ({2}) or a skull model ({3}).</source>
   <translation>«{1}» — файл такого вида, который не читается. Дайте папку DICOM или её zip, изображение ({2}) или модель черепа ({3}).</translation>
  </message>
  <message>
   <source>The folder holds images of {1} patients: make sure that series {2} is the right one.</source>
   <translation>В папке изображения нескольких пациентов ({1}): убедитесь, что серия {2} — нужная.</translation>
  </message>
  <message>
   <source>There are no DICOM images in '{1}', but {2} images or models: {3}{4}. Give one of these files instead of the folder.</source>
   <translation>В «{1}» нет изображений DICOM, но есть изображения или модели ({2}): {3}{4}. Укажите вместо папки один из этих файлов.</translation>
  </message>
  <message>
   <source>'{1}' is packed a second time. Unpack it first, and give what is in it.</source>
   <translation>«{1}» упакован дважды. Сначала распакуйте и дайте содержимое.</translation>
  </message>
  <message>
   <source>'{1}' is no mask; give an image (NRRD, NIfTI or MHA) that is not 0 where it marks.</source>
   <translation>«{1}» — не маска; дайте изображение (NRRD, NIfTI или MHA), не равное 0 в отмеченных местах.</translation>
  </message>
  <message>
   <source>'{1}' marks {2}; save the segment again.</source>
   <translation>«{1}» отмечает {2}; сохраните сегмент снова.</translation>
  </message>
  <message>
   <source>'{1}' does not say which side of the patient is left; save it as NRRD or NIfTI.</source>
   <translation>В «{1}» не сказано, где у пациента лево; сохраните как NRRD или NIfTI.</translation>
  </message>
  <message>
   <source>No file or folder was given. Choose a CT, a bone mask or a skull model.</source>
   <translation>Не указан ни файл, ни папка. Выберите КТ, маску кости или модель черепа.</translation>
  </message>
  <message>
   <source>There is no file or folder '{1}'. Check the path.</source>
   <translation>Нет файла или папки «{1}». Проверьте путь.</translation>
  </message>
  <message>
   <source>The file '{1}' is empty. Copy or export it again.</source>
   <translation>Файл «{1}» пуст. Скопируйте или экспортируйте его снова.</translation>
  </message>
  <message>
   <source>All voxels of the CT series have the same value: the images are empty. Export the series again.</source>
   <translation>Все воксели серии КТ одинаковы: изображения пусты. Экспортируйте серию снова.</translation>
  </message>
  <message>
   <source>{1} has only {2} slices along one axis; at least {3} that cover the skull are needed.</source>
   <translation>{1}: по одной оси всего {2} срезов; нужно не менее {3}, охватывающих череп.</translation>
  </message>
  <message>
   <source>{1} holds values that are no numbers (NaN or infinite). Export it again.</source>
   <translation>{1} содержит нечисловые значения (NaN или бесконечность). Экспортируйте снова.</translation>
  </message>
  <message>
   <source>All voxels of {1} have the same value ({2}): the image is empty. Export it again.</source>
   <translation>Все воксели {1} одинаковы ({2}): изображение пусто. Экспортируйте снова.</translation>
  </message>
  <message>
   <source>The package '{1}' is needed to read '{2}' and is not installed. Install it with pip.</source>
   <translation>Чтобы прочитать «{2}», нужен пакет «{1}», он не установлен. Установите его через pip.</translation>
  </message>
  <message>
   <source>{1}. Leave --{2} out.</source>
   <translation>{1}. Уберите --{2}.</translation>
  </message>
  <message>
   <source>{1} holds {2} or more labels. Export the bone segment alone, as a mask of 0 and 1.</source>
   <translation>{1} содержит {2} или более меток. Экспортируйте только сегмент кости маской из 0 и 1.</translation>
  </message>
  <message>
   <source>{1} holds later designs ({2}), which would be lost with the result; move them to another place, or choose another folder.</source>
   <translation>В {1} есть более поздние проекты ({2}), они пропали бы вместе с результатом; перенесите их или выберите другую папку.</translation>
  </message>
  <message>
   <source>{1}: meshes can be written as {2}; choose one of these endings.</source>
   <translation>{1}: сетки записываются как {2}; выберите одно из этих расширений.</translation>
  </message>
  <message>
   <source>This is the same scan as the case that is open, not one from before the operation.</source>
   <translation>Это тот же снимок, что и открытый случай, а не дооперационный.</translation>
  </message>
  <message>
   <source>By its DICOM header this scan is another patient's: the patient's ID is not that of the case that is open.</source>
   <translation>По заголовку DICOM это снимок другого пациента: его ID не тот, что у открытого случая.</translation>
  </message>
  <message>
   <source>By its DICOM header this scan is another patient's: the date of birth is not that of the case that is open.</source>
   <translation>По заголовку DICOM это снимок другого пациента: дата рождения не та, что у открытого случая.</translation>
  </message>
  <message>
   <source>There is no vault at that place: it belongs to the face or the base, or is outside the scan.</source>
   <translation>Там нет свода черепа: это лицо, основание или место вне снимка.</translation>
  </message>
  <message>
   <source>No bone is missing at that place: the outer table is where it should be. Erase from the bone segment what is to be replaced, and restore again.</source>
   <translation>Там кость не утрачена: наружная пластинка на своём месте. Сотрите из сегмента кости то, что нужно заменить, и восстановите снова.</translation>
  </message>
  <message>
   <source>Only the headers were read: values and bone are checked when the series is opened.</source>
   <translation>Прочитаны только заголовки: значения и кость проверяются при открытии серии.</translation>
  </message>
  <message>
   <source>The scan covers {1} mm from bottom to top, and a vault needs about {2} mm: a part of the head may be missing.</source>
   <translation>Снимок охватывает {1} мм снизу вверх, а своду нужно около {2} мм: часть головы может отсутствовать.</translation>
  </message>
  <message>
   <source>The slices are {1}: where the axial series of this scan is there too, use that one.</source>
   <translation>Срезы {1}: если есть и аксиальная серия этого снимка, возьмите её.</translation>
  </message>
  <message>
   <source>The kernel {1} is a soft one: thin bone is seen better in a series with a bone kernel.</source>
   <translation>Фильтр {1} мягкий: тонкая кость лучше видна в серии с костным фильтром.</translation>
  </message>
  <message>
   <source>The skull before has no bone at any of the defects, so nothing can be compared. Is it the scan from before the operation?</source>
   <translation>У черепа «до» нет кости ни у одного дефекта, сравнить нечего. Это снимок до операции?</translation>
  </message>
  <message>
   <source>The two skulls do not fit: a tenth of their sound vaults is more than {1} mm apart. Is it the same patient? If so, register the two scans first.</source>
   <translation>Черепа не совпадают: десятая часть здоровых сводов расходится более чем на {1} мм. Это тот же пациент? Тогда сначала совместите снимки.</translation>
  </message>
  <message>
   <source>The edited bone must be a mask: a volume that is 1 in bone and 0 elsewhere.</source>
   <translation>Правленая кость должна быть маской: объём со значением 1 в кости и 0 в остальных местах.</translation>
  </message>
  <message>
   <source>The edited mask does not say which side of the patient is left; save it as NRRD or NIfTI.</source>
   <translation>В правленой маске не сказано, где у пациента лево; сохраните её как NRRD или NIfTI.</translation>
  </message>
  <message>
   <source>The edited mask is not the bone of this head: it has less than half of it. Give a mask of all bone, at the same place.</source>
   <translation>Правленая маска — не кость этой головы: в ней меньше половины кости. Дайте маску всей кости на том же месте.</translation>
  </message>
  <message>
   <source>There is no reference point {1}; {2}, as in result.points.</source>
   <translation>Нет опорной точки {1}; {2}, как в result.points.</translation>
  </message>
  <message>
   <source>The new position of point {1} must be three numbers in mm RAS; it was {2}.</source>
   <translation>Новое положение точки {1} — три числа в мм RAS; было {2}.</translation>
  </message>
  <message>
   <source>The new position of point {1} is not at a defect. Keep points over a defect or within about a centimetre of its margin; positions are in mm RAS.</source>
   <translation>Новое положение точки {1} не у дефекта. Держите точки над дефектом или не дальше сантиметра от его края; положения в мм RAS.</translation>
  </message>
  <message>
   <source>The new position of point {1} is {2} mm {3} the restored surface. Keep points within {4} mm of it; positions are in mm RAS.</source>
   <translation>Новое положение точки {1} на {2} мм {3} восстановленной поверхности. Держите точки не дальше {4} мм от неё; положения в мм RAS.</translation>
  </message>
  <message>
   <source>Point {1}, which was moved, is not at a margin of the edited bone; it was left out.</source>
   <translation>Сдвинутая точка {1} не у края правленой кости; она пропущена.</translation>
  </message>
  <message>
   <source>No smooth surface passes through point {1} and another moved point next to it. Move one of them back.</source>
   <translation>Через точку {1} и соседнюю сдвинутую не проходит гладкая поверхность. Верните одну из них.</translation>
  </message>
  <message>
   <source>Without an atlas the pose must be given.</source>
   <translation>Без атласа нужно задать положение головы.</translation>
  </message>
  <message>
   <source>Implant {1} would pass all checks with: {2}.</source>
   <translation>Имплант {1} прошёл бы все проверки при: {2}.</translation>
  </message>
  <message>
   <source>Implant {1}: the outer face was not raised for the skin, because {2}.</source>
   <translation>Имплантат {1}: наружная поверхность не поднята для кожи; причина: {2}.</translation>
  </message>
  <message>
   <source>The trim line is not at a defect; draw it on the restored surface, across the defect. Positions in a Python program are mm RAS.</source>
   <translation>Линия обреза не у дефекта; проведите её по восстановленной поверхности через дефект.</translation>
  </message>
  <message>
   <source>There are {1} implants for defect {2}; give one for each defect.</source>
   <translation>Для дефекта {2} имплантов {1}; нужен один на дефект.</translation>
  </message>
  <message>
   <source>The implant for defect {1} was designed on another surface. Design it again on this one.</source>
   <translation>Имплант дефекта {1} создан на другой поверхности. Создайте его на этой.</translation>
  </message>
  <message>
   <source>There is no reference point {1} for a fixation; choose among those that there are ({2}).</source>
   <translation>Нет опорной точки {1} для крепления; выберите из имеющихся ({2}).</translation>
  </message>
  <message>
   <source>Object {1}, {2} in the hole ({3}{4}): {5}.</source>
   <translation>Объект {1}, {2} в дефекте ({3}{4}): {5}.</translation>
  </message>
  <message>
   <source>{1} It stays, and only gaps around it are restored; choose to remove objects from the holes if it goes.</source>
   <translation>{1} Он остаётся, восстановлены только щели вокруг; выберите удаление предметов из отверстий, если его нужно убрать.</translation>
  </message>
  <message>
   <source>{1} The skull was restored as if it were not there; choose to keep objects in the holes if it stays.</source>
   <translation>{1} Череп восстановлен так, будто его нет; выберите сохранение предметов в отверстиях, если он остаётся.</translation>
  </message>
  <message>
   <source>Slices of {1} mm show old flaps, plates and meshes in the holes only in part: look for them yourself.</source>
   <translation>Срезы по {1} мм показывают старые костные лоскуты, пластины и сетки в дефектах лишь отчасти: проверьте сами.</translation>
  </message>
  <message>
   <source>There is no object {1} in the holes. Objects that were found: {2}.</source>
   <translation>В дефектах нет объекта {1}. Найденные объекты: {2}.</translation>
  </message>
  <message>
   <source>Where object {1} was taken out, {2} cm² of bone are missing, and no defect was found: outline it as a missed defect, or let the object stay.</source>
   <translation>Там, где убран объект {1}, не хватает {2} см² кости, а дефект не найден: обведите его как пропущенный дефект или оставьте объект.</translation>
  </message>
  <message>
   <source>From 1 to {1} shapes can be made; {2} were asked for.</source>
   <translation>Можно создать от 1 до {1} форм; запрошено {2}.</translation>
  </message>
  <message>
   <source>A redesign cannot be written as DICOM: the result does not hold the patient's name and number, which DICOM objects need. Restore the series again with {1} dicom.</source>
   <translation>Переделанный проект нельзя записать в DICOM: в результате нет имени и номера пациента, нужных объектам DICOM. Восстановите серию снова с {1} dicom.</translation>
  </message>
  <message>
   <source>There is no folder '{1}'; give a folder that `skullrestore restore` has written.</source>
   <translation>Нет папки «{1}»; укажите папку, записанную `skullrestore restore`.</translation>
  </message>
  <message>
   <source>'{1}' is no bone mask; give an image that is 1 in bone and 0 elsewhere.</source>
   <translation>«{1}» — не маска кости; дайте изображение: 1 в кости, 0 в остальных местах.</translation>
  </message>
  <message>
   <source>There is no reference point {1} in the result ({2}); points can be moved, not added.</source>
   <translation>В результате нет опорной точки {1} ({2}); точки можно сдвигать, но не добавлять.</translation>
  </message>
  <message>
   <source>The new design cannot replace the result that it is made from; choose another folder.</source>
   <translation>Новый проект не может заменить результат, из которого он сделан; выберите другую папку.</translation>
  </message>
  <message>
   <source>{1}: this scan does not show which ({2}). Nothing was restored there; look at it in thinner slices or with a sharper kernel.</source>
   <translation>{1}: этот скан не показывает, что именно ({2}). Там ничего не восстановлено; посмотрите на более тонких срезах или с более резким ядром.</translation>
  </message>
  <message>
   <source>Defect {1} runs to the skull base or the edge of the scan; its margin is open there and has no reference points.</source>
   <translation>Дефект {1} доходит до основания черепа или края снимка; там его край открыт и без опорных точек.</translation>
  </message>
  <message>
   <source>Defect {1} has only {2} of {3} reference points on sound bone; check its border.</source>
   <translation>У дефекта {1} лишь {2} из {3} опорных точек на здоровой кости; проверьте его границу.</translation>
  </message>
  <message>
   <source>The defects found now are not those of '{1}', which another version of SkullRestore has written; restore the skull again.</source>
   <translation>Найденные сейчас дефекты не те, что в «{1}», записанном другой версией SkullRestore; восстановите череп снова.</translation>
  </message>
  <message>
   <source>The reference is not this skull, or is in another place: at the hole's margin it is {1} mm off the bone. It was left out.</source>
   <translation>Эталон — не этот череп или лежит в другом месте: у края дефекта он в {1} мм от кости. Он пропущен.</translation>
  </message>
  <message>
   <source>DICOM objects need the series that was restored: give its folder as source.</source>
   <translation>Объектам DICOM нужна восстановленная серия: укажите её папку источником.</translation>
  </message>
  <message>
   <source>A result cannot be written as {1}. Choose among {2}.</source>
   <translation>Результат нельзя записать как {1}. Выберите из {2}.</translation>
  </message>
  <message>
   <source>A result as {1} needs the package {2}: pip install {3}.</source>
   <translation>Для результата {1} нужен пакет {2}: pip install {3}.</translation>
  </message>
  <message>
   <source>The series that was restored was not given.</source>
   <translation>Восстановленная серия не указана.</translation>
  </message>
  <message>
   <source>The scan shows the planned opening at only {1} % of the line. Is it the scan after this operation?</source>
   <translation>Снимок показывает запланированное окно лишь на {1} % линии. Это снимок после этой операции?</translation>
  </message>
  <message>
   <source>The plan and its restoration do not belong together: the planned defect is missing.</source>
   <translation>План и восстановление не относятся друг к другу: запланированного дефекта нет.</translation>
  </message>
  <message>
   <source>'{1}' holds no plan: {2} is missing or damaged.</source>
   <translation>В «{1}» нет плана: {2} отсутствует или повреждён.</translation>
  </message>
  <message>
   <source>The line bends with a radius of {1} mm at its sharpest; a saw may not follow it.</source>
   <translation>В самом крутом месте радиус линии {1} мм; пила может по ней не пройти.</translation>
  </message>
  <message>
   <source>The {1} is no clean closed body.</source>
   <translation>{1}: тело не замкнуто чисто.</translation>
  </message>
  <message>
   <source>The {1} falls into {2} pieces.</source>
   <translation>{1}: распадается на {2} части.</translation>
  </message>
  <message>
   <source>The {1} stands up to {2} mm over the cut.</source>
   <translation>{1}: выступает над разрезом до {2} мм.</translation>
  </message>
  <message>
   <source>The edge of the {1} could not be measured.</source>
   <translation>{1}: край не удалось измерить.</translation>
  </message>
  <message>
   <source>The edge of the {1} is up to {2} mm off the line (95 %).</source>
   <translation>{1}: край отклоняется от линии до {2} мм (95 %).</translation>
  </message>
  <message>
   <source>The {1} does not go on from outside: {2} mm² of it are under bone.</source>
   <translation>{1}: не надевается снаружи, {2} мм² находятся под костью.</translation>
  </message>
  <message>
   <source>The {1} reaches {2} mm into the bone.</source>
   <translation>{1}: входит в кость на {2} мм.</translation>
  </message>
  <message>
   <source>The {1} touches the bone on {2} mm², in {3} of {4} {5}.</source>
   <translation>{1}: касается кости на {2} мм², в {3} из {4} {5}.</translation>
  </message>
  <message>
   <source>Between its parts {1} mm of the line are not led.</source>
   <translation>Между частями инструмент не направляется на {1} мм линии.</translation>
  </message>
  <message>
   <source>The {1} fits, but another part does not.</source>
   <translation>{1}: подходит, но другая часть не подходит.</translation>
  </message>
  <message>
   <source>There is no room for the {1}; make it smaller, or move the line.</source>
   <translation>{1}: нет места; уменьшите или сдвиньте линию.</translation>
  </message>
  <message>
   <source>There is no bone around the line for a guide; move the line.</source>
   <translation>Вокруг линии нет кости для шаблона; сдвиньте линию.</translation>
  </message>
  <message>
   <source>No closed body can be made around the line for a guide; move the line.</source>
   <translation>Вокруг линии не удаётся построить замкнутое тело шаблона; сдвиньте линию.</translation>
  </message>
  <message>
   <source>The line runs {1} mm from the {2}.</source>
   <translation>Линия проходит в {1} мм от: {2}.</translation>
  </message>
  <message>
   <source>The line crosses or encloses the {1}.</source>
   <translation>Линия пересекает или охватывает: {1}.</translation>
  </message>
  <message>
   <source>Rays and tables are on different grids.</source>
   <translation>Лучи и пластинки на разных сетках.</translation>
  </message>
  <message>
   <source>The line leaves the skull: there is no vault under it. Draw it on the vault.</source>
   <translation>Линия выходит за череп: под ней нет свода. Проведите её по своду.</translation>
  </message>
  <message>
   <source>No bone is removed by the line: the vault is missing there already, or the piece is smaller than the smallest defect that is restored.</source>
   <translation>Линия не удаляет кости: свода там уже нет или кусок меньше наименьшего восстанавливаемого дефекта.</translation>
  </message>
  <message>
   <source>Say what is to be removed: a line, a tumour with a margin, or a circle.</source>
   <translation>Укажите, что удалить: линию, опухоль с отступом или круг.</translation>
  </message>
  <message>
   <source>The head has no planned opening.</source>
   <translation>У головы нет запланированного дефекта.</translation>
  </message>
  <message>
   <source>The {1} is in {2} parts, each of which goes on along a direction of its own. Fix each part before the next one is placed; which one is first does not matter.</source>
   <translation>{1}: состоит из частей ({2}), каждая ставится вдоль своего направления. Каждую часть закрепить до установки следующей; с какой начать, не важно.</translation>
  </message>
  <message>
   <source>Say what is to be removed in one way: a line, a tumour with a margin, or a circle.</source>
   <translation>Укажите удаляемое одним способом: линией, опухолью с отступом или кругом.</translation>
  </message>
  <message>
   <source>The {1} has no feet: there is no place for them, or it would not pass with them.</source>
   <translation>{1}: без опор: для них нет места, или с ними направитель не прошёл бы проверок.</translation>
  </message>
  <message>
   <source>The {1} has no seat of its own: held down, it slides by {2} mm and turns by {3}°. Fix it by its screws, where it was placed by other means such as navigation.</source>
   <translation>{1}: не имеет собственной посадки, прижатый сдвигается на {2} мм и поворачивается на {3}°. Закрепите винтами там, где он размещён иным способом, например по навигации.</translation>
  </message>
  <message>
   <source>The line encloses most of the vault or runs too far around the head ({1} cm²); plan smaller pieces.</source>
   <translation>Линия охватывает большую часть свода или слишком далеко обходит голову ({1} см²); планируйте куски поменьше.</translation>
  </message>
  <message>
   <source>The line lies {1}: it runs {2} mm beyond the vault. Only the vault can be planned.</source>
   <translation>Линия {1}: проходит на {2} мм за сводом. Планировать можно только свод.</translation>
  </message>
  <message>
   <source>A resection line needs at least 3 different points; there are {1}.</source>
   <translation>Линии резекции нужны хотя бы 3 разные точки; их {1}.</translation>
  </message>
  <message>
   <source>The line is open: its ends are {1} mm apart. Close it, or draw a closed curve.</source>
   <translation>Линия не замкнута: между концами {1} мм. Замкните её или проведите замкнутую кривую.</translation>
  </message>
  <message>
   <source>The diameters of a circle or an ellipse must be more than 0 mm.</source>
   <translation>Диаметры круга или эллипса должны быть больше 0 мм.</translation>
  </message>
  <message>
   <source>The tumour is not at the vault: most of it is not under the outer table.</source>
   <translation>Опухоль не у свода: бо́льшая часть не под наружной пластинкой.</translation>
  </message>
  <message>
   <source>No line can be drawn around the tumour; give it a wider margin.</source>
   <translation>Вокруг опухоли не провести линию; увеличьте отступ.</translation>
  </message>
  <message>
   <source>The tumour's mask is empty.</source>
   <translation>Маска опухоли пуста.</translation>
  </message>
  <message>
   <source>The line leaves the skull: part of it has no vault under it. Draw it on the vault.</source>
   <translation>Линия выходит за череп: под её частью нет свода. Проведите её по своду.</translation>
  </message>
  <message>
   <source>The line leaves the skull: it is up to {1} mm from the outer table. Draw it on the vault; positions in a Python program are mm RAS.</source>
   <translation>Линия выходит за череп: до {1} мм от наружной пластинки. Проведите её по своду; координаты в программе на Python — мм RAS.</translation>
  </message>
  <message>
   <source>The line crosses itself; draw it once around what is to be removed.</source>
   <translation>Линия пересекает себя; проведите её один раз вокруг удаляемого.</translation>
  </message>
  <message>
   <source>The line encloses only {1} cm²; at least {2} cm² can be planned.</source>
   <translation>Линия охватывает лишь {1} см²; планировать можно от {2} см².</translation>
  </message>
  <message>
   <source>The bone ends in a plane over {1} cm² at the {2} of the scan, as a part of a skull does.</source>
   <translation>Кость заканчивается плоскостью на площади {1} см² (сторона снимка: {2}), как у части черепа.</translation>
  </message>
  <message>
   <source>The head frame could not be made certain on the bone that is left: check front, back and sides in the pictures; if they are wrong, give the position of the head, such as AS ({1} AS).</source>
   <translation>Систему координат головы не удалось уточнить по оставшейся кости: проверьте на изображениях перед, зад и стороны; если они неверны, задайте положение головы, например AS ({1} AS).</translation>
  </message>
  <message>
   <source>The head may be recognised wrongly: with {1}, bone is where heads have none. Check front, back and sides in the pictures; if they are wrong, give the position of the head, such as AS ({2} AS).</source>
   <translation>Голова, возможно, распознана неверно: при {1} кость там, где её у голов нет. Проверьте на изображениях перед, зад и стороны; если они неверны, задайте положение головы, например AS ({2} AS).</translation>
  </message>
  <message>
   <source>It is not certain how the head is placed: with {1}, the bone fits nearly as well. Check front, back and sides in the pictures; if they are wrong, give the position of the head: {2} ({3} {4}).</source>
   <translation>Положение головы определено неуверенно: при {1} кость подходит почти так же хорошо. Проверьте на изображениях перед, зад и стороны; если они неверны, задайте положение головы: {2} ({3} {4}).</translation>
  </message>
  <message>
   <source>The head fits the average head poorly ({1} mm): check the orientation before trusting the result.</source>
   <translation>Голова плохо совпадает со средней ({1} мм): проверьте ориентацию, прежде чем доверять результату.</translation>
  </message>
  <message>
   <source>The head could not be recognised: there is hardly any bone. Check that the input is one complete head and that the bone threshold is right.</source>
   <translation>Голова не распознана: почти нет кости. Проверьте, что это одна целая голова и порог верен.</translation>
  </message>
  <message>
   <source>There is bone where the brain should be: the head is filled. Give the bone alone, not the head as a solid, or raise the bone threshold.</source>
   <translation>На месте мозга кость: голова заполнена. Дайте только кость или повысьте порог.</translation>
  </message>
  <message>
   <source>The head could not be recognised: only {1} of the skull's vault was found{2}. Check that the input is one complete head in millimetres and that the bone threshold is right.</source>
   <translation>Голова не распознана: найдено только {1} свода черепа{2}. Проверьте, что это одна целая голова в миллиметрах и порог верен.</translation>
  </message>
  <message>
   <source>The head is about {1} mm long, which is too {2} about {3} mm are not supported.</source>
   <translation>Длина головы около {1} мм, это слишком {2} около {3} мм не поддерживаются.</translation>
  </message>
  <message>
   <source>The head could not be recognised: nothing is shaped like the vault of a skull. Check that the input is one complete head in millimetres and that the bone threshold is right.</source>
   <translation>Голова не распознана: ничто не похоже на свод черепа. Проверьте, что на входе одна целая голова в миллиметрах и порог кости верен.</translation>
  </message>
  <message>
   <source>No head was found with {1}. Give another position, or leave it out to have it found.</source>
   <translation>При {1} голова не найдена. Задайте другое положение или не задавайте его, чтобы оно было найдено.</translation>
  </message>
  <message>
   <source>So little of the vault is left that the head frame is known to about {1} degrees only: compare the restored surface with the other side of the head.</source>
   <translation>От свода осталось так мало, что положение головы известно лишь с точностью около {1} градусов: сравните восстановленную поверхность с другой стороной головы.</translation>
  </message>
  <message>
   <source>The network weights in {1} cannot be used ({2}). Reinstall SkullRestore or give another file with {3}.</source>
   <translation>Веса сети в {1} непригодны ({2}). Переустановите SkullRestore.</translation>
  </message>
  <message>
   <source>The network's weights are a safetensors file, and that package is not installed. Install it with `pip install safetensors`.</source>
   <translation>Веса сети — файл safetensors, а этот пакет не установлен. Установите его: `pip install safetensors`.</translation>
  </message>
  <message>
   <source>The network weights are missing: {1} does not exist. Reinstall SkullRestore or give a file with {2}.</source>
   <translation>Нет весов сети: файл {1} не существует. Переустановите SkullRestore.</translation>
  </message>
  <message>
   <source>The device '{1}' needs PyTorch, which is not installed. Use {2} cpu, which needs nothing more, or install it with `pip install torch` (in 3D Slicer: the PyTorch extension).</source>
   <translation>Устройству '{1}' нужен PyTorch, который не установлен. Используйте {2} cpu, которому ничего не нужно, или установите его: `pip install torch` (в 3D Slicer: расширение PyTorch).</translation>
  </message>
  <message>
   <source>The device '{1}' cannot be used here ({2}). Use {3} cpu.</source>
   <translation>Устройство «{1}» здесь недоступно ({2}). Используйте cpu.</translation>
  </message>
  <message>
   <source>The rays were traced at level {1}, the tables predicted at level {2}; use one grid for both.</source>
   <translation>Лучи уровня {1}, пластинки уровня {2}; используйте одну сетку для обоих.</translation>
  </message>
  <message>
   <source>Side not known: {1}. Compare left and right with the patient before the result is used; on the command line the coordinate system of the file can be stated.</source>
   <translation>Сторона неизвестна: {1}. Сверьте лево и право с пациентом, прежде чем использовать результат.</translation>
  </message>
  <message>
   <source>{1} of {2} {3} were not checked.</source>
   <translation>Не проверено: {1} из {2} {3}.</translation>
  </message>
  <message>
   <source>The body was not checked.</source>
   <translation>Тело не проверено.</translation>
  </message>
  <message>
   <source>No implant was made.</source>
   <translation>Имплант не создан.</translation>
  </message>
  <message>
   <source>Research use only. Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Только для исследований. Не одобрено ни одним ведомством; каждый проект должен утвердить квалифицированный врач.</translation>
  </message>
  <message>
   <source>The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix (Kodym et al., Data in Brief 35:106902, 2021), which was made from CQ500 (Chilamkurthy et al., Lancet 2018).</source>
   <translation>Веса сети и статистика форм (лицензия CC BY-NC-SA 4.0) получены по SkullFix (Kodym et al., Data in Brief 35:106902, 2021), созданному из CQ500 (Chilamkurthy et al., Lancet 2018).</translation>
  </message>
  <message>
   <source>The PDF report needs the package fpdf2: pip install fpdf2. The HTML report has the same content.</source>
   <translation>Для отчёта PDF нужен пакет fpdf2: pip install fpdf2. В отчёте HTML то же содержание.</translation>
  </message>
  <message>
   <source>A report cannot hold its own checksum. Those of report.html and report.pdf are in restoration.json, which holds all but its own. Files that were put into the folder later are not listed.</source>
   <translation>Отчёт не может содержать собственную контрольную сумму. Суммы report.html и report.pdf — в restoration.json, где есть все, кроме его собственной. Файлы, добавленные в папку позже, не перечислены.</translation>
  </message>
  <message>
   <source>No defect of the skull vault was found. There is nothing to restore; no implant was made.</source>
   <translation>Дефект свода черепа не найден. Восстанавливать нечего; имплант не создан.</translation>
  </message>
  <message>
   <source>Files of meshes, volumes and points are in LPS millimetres. Positions in restoration.json are in RAS millimetres.</source>
   <translation>Файлы сеток, объёмов и точек — в миллиметрах LPS. Положения в restoration.json — в миллиметрах RAS. Десятичный разделитель — точка.</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</source>
   <translation>Метод по: Мишинов С. В., Саратовский медицинский журнал (Saratov Medical Journal) 2023; 4(1): e0102.</translation>
  </message>
  <message>
   <source>{1}; everything else was written.</source>
   <translation>{1}; всё остальное записано.</translation>
  </message>
  <message>
   <source>{1} restoration</source>
   <translation>{1} — восстановление</translation>
  </message>
  <message>
   <source>The input was moved after the restoration.</source>
   <translation>После восстановления исходные данные перемещены.</translation>
  </message>
  <message>
   <source>The input was changed after the restoration.</source>
   <translation>После восстановления исходные данные изменены.</translation>
  </message>
  <message>
   <source>The input was deleted from the scene.</source>
   <translation>Исходные данные удалены из сцены.</translation>
  </message>
  <message>
   <source>The bone was edited after the restoration.</source>
   <translation>После восстановления кость изменена.</translation>
  </message>
  <message>
   <source>The bone was deleted from the scene after the restoration.</source>
   <translation>После восстановления кость удалена из сцены.</translation>
  </message>
  <message>
   <source>'{1}' is in the transform '{2}', which bends space. Harden the transform first (module Transforms), then choose it again.</source>
   <translation>«{1}» находится в нелинейном преобразовании «{2}». Сначала примените его (модуль Transforms), затем выберите снова.</translation>
  </message>
  <message>
   <source>Taken where the transform '{1}' puts it.</source>
   <translation>Взято там, куда его переносит преобразование «{1}».</translation>
  </message>
  <message>
   <source>'{1}' is no volume, segmentation or model. Choose a head CT, a bone segmentation or a skull model.</source>
   <translation>«{1}» — не том, не сегментация и не модель. Выберите КТ головы, сегментацию кости или модель черепа.</translation>
  </message>
  <message>
   <source>Choose a head CT, a bone segmentation or a skull model first.</source>
   <translation>Сначала выберите КТ головы, сегментацию кости или модель черепа.</translation>
  </message>
  <message>
   <source>The volume '{1}' is empty. Load a head CT, or choose another volume.</source>
   <translation>Том «{1}» пуст. Загрузите КТ головы или выберите другой том.</translation>
  </message>
  <message>
   <source>The volume '{1}' holds colours, not HU. Choose a head CT.</source>
   <translation>Том «{1}» содержит цвета, а не HU. Выберите КТ головы.</translation>
  </message>
  <message>
   <source>Bone reaches the upper edge of the scan over {1} cm²: the top of the head may be cut off.</source>
   <translation>Кость доходит до верхнего края снимка на {1} см²: темя может быть срезано.</translation>
  </message>
  <message>
   <source>The segmentation '{1}' has no segments. Segment the bone first, or choose a CT.</source>
   <translation>В сегментации «{1}» нет сегментов. Сначала сегментируйте кость или выберите КТ.</translation>
  </message>
  <message>
   <source>'{1}' is no mask: it holds more than two values. Choose a segmentation.</source>
   <translation>«{1}» не маска: содержит больше двух значений. Выберите сегментацию.</translation>
  </message>
  <message>
   <source>Nothing is marked in '{1}'.</source>
   <translation>В «{1}» ничего не отмечено.</translation>
  </message>
  <message>
   <source>Nothing is painted in the segmentation '{1}'. Paint over the hole first.</source>
   <translation>В сегментации «{1}» ничего не закрашено. Сначала закрасьте дефект.</translation>
  </message>
  <message>
   <source>The segmentation '{1}' has no segment '{2}' any more. Choose another one.</source>
   <translation>В сегментации «{1}» больше нет сегмента «{2}». Выберите другую.</translation>
  </message>
  <message>
   <source>The segment '{1}' cannot be turned into voxels.</source>
   <translation>Сегмент «{1}» нельзя превратить в воксели.</translation>
  </message>
  <message>
   <source>The segment '{1}' is empty. Segment the bone first.</source>
   <translation>Сегмент «{1}» пуст. Сначала сегментируйте кость.</translation>
  </message>
  <message>
   <source>The model '{1}' has no faces. Choose a skull as a surface of triangles.</source>
   <translation>В модели «{1}» нет граней. Выберите череп в виде поверхности из треугольников.</translation>
  </message>
  <message>
   <source>insertion {1}</source>
   <translation>установка {1}</translation>
  </message>
  <message>
   <source>The model '{1}' holds no prediction any more.</source>
   <translation>Модель «{1}» больше не содержит предсказания.</translation>
  </message>
  <message>
   <source>{1} (earlier design)</source>
   <translation>{1} (прежний проект)</translation>
  </message>
  <message>
   <source>{1} colour bar</source>
   <translation>{1} — шкала цветов</translation>
  </message>
  <message>
   <source>Defect {1}, confidence {2}, moved by hand</source>
   <translation>Дефект {1}, уверенность {2}, сдвинута вручную</translation>
  </message>
  <message>
   <source>Defect {1}, confidence {2}</source>
   <translation>Дефект {1}, уверенность {2}</translation>
  </message>
  <message>
   <source>{1} mL of metal (over {2} HU) set apart; its streaks may blur the bone near it: check there.</source>
   <translation>{1} мл металла (свыше {2} HU) отделено; его артефакты могут размывать кость рядом: проверьте там.</translation>
  </message>
  <message>
   <source>{1} mL outside the head (table, head rest or the like) removed.</source>
   <translation>{1} мл вне головы (стол, подголовник и т. п.) удалено.</translation>
  </message>
  <message>
   <source>Bone more than {1} cm below the vertex (neck, shoulders) left out.</source>
   <translation>Кость более чем на {1} см ниже темени (шея, плечи) исключена.</translation>
  </message>
  <message>
   <source>The package 'connected-components-3d' is needed to segment bone and is not installed. Install it with pip.</source>
   <translation>Для сегментации нужен пакет 'connected-components-3d'. Установите его через pip.</translation>
  </message>
  <message>
   <source>Bone threshold {1} HU{2}.</source>
   <translation>Порог кости {1} HU{2}.</translation>
  </message>
  <message>
   <source>{1} bone island{2} removed.</source>
   <translation>Удалено фрагментов кости: {1}.</translation>
  </message>
  <message>
   <source>Bone edited by hand: {1} mL added, {2} mL removed.</source>
   <translation>Кость изменена вручную: добавлено {1} мл, удалено {2} мл.</translation>
  </message>
  <message>
   <source>The image has {1} dimensions; a volume of 3 is needed.</source>
   <translation>У изображения {1} измерений; нужно 3.</translation>
  </message>
  <message>
   <source>A bone threshold of {1} HU is outside {2} to {3} HU. Leave it out to have it found, or try 300.</source>
   <translation>Порог кости {1} HU вне пределов {2}–{3} HU. Доверьте его программе или попробуйте 300.</translation>
  </message>
  <message>
   <source>These islands were not found in this bone; list them again with find_bone_islands.</source>
   <translation>В этой кости нет таких фрагментов; составьте список снова.</translation>
  </message>
  <message>
   <source>The edited bone segment is empty. Undo the edit, or segment the bone again.</source>
   <translation>Изменённый сегмент кости пуст. Отмените правку или сегментируйте кость снова.</translation>
  </message>
  <message>
   <source>Every voxel of the mask is bone. Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>Все воксели маски — кость. Нужна маска: 1 в кости, 0 вне её.</translation>
  </message>
  <message>
   <source>There is no bone in the CT: {1} mL reach {2} HU, the highest value is {3} HU. Is it a head CT in HU? A lower threshold (such as 150) may help.</source>
   <translation>На КТ нет кости: {1} мл достигают {2} HU, наибольшее значение {3} HU. Это КТ головы в HU? Может помочь меньший порог (например, 150).</translation>
  </message>
  <message>
   <source>Is it a bone mask of a complete skull, and are its voxels in mm?</source>
   <translation>Это маска кости целого черепа, и её воксели в мм?</translation>
  </message>
  <message>
   <source>Threshold {1} HU: {2} one may help. Is it a head CT in HU?</source>
   <translation>Порог {1} HU: {2} порог может помочь. Это КТ головы в HU?</translation>
  </message>
  <message>
   <source>Bone meets the edge of the field of view over {1} cm²: part of the head may be cut off there.</source>
   <translation>Кость касается края поля зрения на {1} см²: там часть головы может быть срезана.</translation>
  </message>
  <message>
   <source>The mask holds {1} mL of bone: it is empty. Give a mask that is 1 in bone and 0 elsewhere.</source>
   <translation>В маске {1} мл кости: она пуста. Нужна маска: 1 в кости, 0 вне её.</translation>
  </message>
  <message>
   <source>The bone measures {1}; that is no complete head.</source>
   <translation>Кость имеет размеры {1}; это не целая голова.</translation>
  </message>
  <message>
   <source>Bone touches the {1} edge of the scan.</source>
   <translation>Кость касается края снимка ({1}).</translation>
  </message>
  <message>
   <source>{1}: bone meets the scan's edge over {2} cm². A scan that holds the complete vault is needed.</source>
   <translation>{1}: кость касается края снимка на {2} см². Нужен снимок со всем сводом.</translation>
  </message>
  <message>
   <source>The reference points were deleted from the scene. Restore the skull again.</source>
   <translation>Опорные точки удалены из сцены. Восстановите череп снова.</translation>
  </message>
  <message>
   <source>The restored surface is not that of what is shown now. {1} Restore again, or change it back; then export.</source>
   <translation>Восстановленная поверхность не соответствует показанному. {1} Восстановите снова или верните прежнее, затем экспортируйте.</translation>
  </message>
  <message>
   <source>The plan is not that of what is shown now. {1} Plan again, or change it back; then export.</source>
   <translation>План не соответствует показанному. {1} Спланируйте заново или верните прежнее; затем экспортируйте.</translation>
  </message>
  <message>
   <source>The arrow was held back: along a flatter direction no implant can be put in.</source>
   <translation>Стрелка удержана: по более пологому направлению имплант не установить.</translation>
  </message>
  <message>
   <source>The surface was changed while {1}, so that the result was dropped. Do it again.</source>
   <translation>За это время ({1}) поверхность изменилась, результат отброшен. Повторите.</translation>
  </message>
  <message>
   <source>The line was changed since it was planned.</source>
   <translation>Линия изменена после планирования.</translation>
  </message>
  <message>
   <source>Another guide was chosen since it was planned.</source>
   <translation>После планирования выбран ещё один шаблон.</translation>
  </message>
  <message>
   <source>A point was placed far from every defect, and was left out.</source>
   <translation>Точка была далеко от всех дефектов и не принята.</translation>
  </message>
  <message>
   <source>A hole is outlined by at least 3 points round it; there are {1}.</source>
   <translation>Дефект обводят не менее чем 3 точками; сейчас их {1}.</translation>
  </message>
  <message>
   <source>Reference points were moved, and a restoration places them anew. Restore when that is meant.</source>
   <translation>Опорные точки сдвинуты, а восстановление ставит их заново. Восстановите, если это нужно.</translation>
  </message>
  <message>
   <source>The bone was deleted from the scene. Segment it again.</source>
   <translation>Кость удалена из сцены. Сегментируйте её снова.</translation>
  </message>
  <message>
   <source>Nothing is painted. Paint where bone is missing, or where it is to be removed.</source>
   <translation>Ничего не закрашено. Закрасьте, где кости нет или где её нужно удалить.</translation>
  </message>
  <message>
   <source>The saved plan cannot be read. Plan the resection again; the line is in the scene.</source>
   <translation>Сохранённый план не читается. Спланируйте резекцию заново; линия есть в сцене.</translation>
  </message>
  <message>
   <source>The predicted vault was deleted from the scene or changed. Restore the skull again.</source>
   <translation>Предсказанный свод удалён из сцены или изменён. Восстановите череп снова.</translation>
  </message>
  <message>
   <source>The {1} {2} was put into a transform.</source>
   <translation>{1} {2}: помещено в преобразование.</translation>
  </message>
  <message>
   <source>Draw the line first: click around what is removed, or draw a circle or a line around a tumour.</source>
   <translation>Сначала проведите линию: щёлкайте вокруг удаляемого либо нарисуйте круг или линию вокруг опухоли.</translation>
  </message>
  <message>
   <source>Choose the segmentation or the mask of the tumour first.</source>
   <translation>Сначала выберите сегментацию или маску опухоли.</translation>
  </message>
  <message>
   <source>The head is not known yet. Press 'Draw the line' first.</source>
   <translation>Голова ещё не определена. Сначала нажмите «Провести линию».</translation>
  </message>
  <message>
   <source>The bone was segmented with {1}.</source>
   <translation>Кость сегментирована с {1}.</translation>
  </message>
  <message>
   <source>The input was moved or changed since the bone was segmented.</source>
   <translation>После сегментации кости исходные данные перемещены или изменены.</translation>
  </message>
  <message>
   <source>The scene holds no saved restoration of this input. Restore the skull.</source>
   <translation>В сцене нет сохранённого восстановления этих данных. Восстановите череп.</translation>
  </message>
  <message>
   <source>The input was moved or changed since this restoration was saved. Put it back and open it again, or restore the skull again.</source>
   <translation>После сохранения восстановления исходные данные перемещены или изменены. Верните их и откройте снова либо восстановите череп заново.</translation>
  </message>
  <message>
   <source>The bone was edited after the resection was planned. Undo that in Segment Editor, or segment the bone again, which drops it.</source>
   <translation>Кость изменена после планирования резекции. Отмените это в Segment Editor или сегментируйте кость заново, что отбросит изменения.</translation>
  </message>
  <message>
   <source>{1} It was also edited by hand. Segment the bone again, which drops the edits, or change it back; then restore.</source>
   <translation>{1} Кость также правили вручную. Сегментируйте её снова (правка пропадёт) или верните прежнее, затем восстановите.</translation>
  </message>
  <message>
   <source>DICOM objects cannot be exported from here, because the scene does not hold the CT's headers: restore the series on the command line.</source>
   <translation>Отсюда нельзя экспортировать объекты DICOM: в сцене нет заголовков КТ. Восстановите серию из командной строки.</translation>
  </message>
  <message>
   <source>The surface was changed since the export began; that is not in the files.</source>
   <translation>После начала экспорта поверхность изменилась; этого нет в файлах.</translation>
  </message>
  <message>
   <source>{1} Choose the same patient's skull before the operation.</source>
   <translation>{1} Выберите череп того же пациента до операции.</translation>
  </message>
  <message>
   <source>The scene could not be written to {1}; the other files are there.</source>
   <translation>Не удалось записать сцену в {1}; остальные файлы записаны.</translation>
  </message>
  <message>
   <source>There is no object {1} in the holes.</source>
   <translation>В дефектах нет объекта {1}.</translation>
  </message>
  <message>
   <source>Implant {1}: it did not pass its checks; design it again to see which.</source>
   <translation>Имплант {1}: не прошёл проверки; создайте его снова, чтобы увидеть, какие.</translation>
  </message>
  <message>
   <source>Implant {1}: the one that is shown is of an earlier design, and is not exported.</source>
   <translation>Имплант {1}: показан прежний проект, он не экспортируется.</translation>
  </message>
  <message>
   <source>Implant {1} was deleted from the scene.</source>
   <translation>Имплант {1} удалён из сцены.</translation>
  </message>
  <message>
   <source>{1}: restored with {2}, now {3}.</source>
   <translation>{1}: восстановлено при {2}, сейчас {3}.</translation>
  </message>
  <message>
   <source>Bone threshold: restored with {1}.</source>
   <translation>Порог кости: восстановлено при {1}.</translation>
  </message>
  <message>
   <source>{1}: designed with {2}, now {3}.</source>
   <translation>{1}: создано при {2}, сейчас {3}.</translation>
  </message>
  <message>
   <source>{1}: planned with {2}, now {3}.</source>
   <translation>{1}: спланировано при {2}, сейчас {3}.</translation>
  </message>
  <message>
   <source>Implant {1}: its insertion arrow was turned after the design.</source>
   <translation>Имплант {1}: стрелка установки повёрнута после проекта.</translation>
  </message>
  <message>
   <source>There is no restoration yet. Restore the skull first.</source>
   <translation>Восстановления ещё нет. Сначала восстановите череп.</translation>
  </message>
  <message>
   <source>The scene was closed. Choose an input again.</source>
   <translation>Сцена закрыта. Снова выберите исходные данные.</translation>
  </message>
  <message>
   <source>'{1}' is still running. Wait for it, or cancel it first.</source>
   <translation>«{1}» ещё выполняется. Подождите или отмените.</translation>
  </message>
  <message>
   <source>There is a restoration already.</source>
   <translation>Восстановление уже есть.</translation>
  </message>
  <message>
   <source>There is no bone yet. Segment the bone first.</source>
   <translation>Кости ещё нет. Сначала сегментируйте кость.</translation>
  </message>
  <message>
   <source>There are no implants of this surface yet. Design them first.</source>
   <translation>Для этой поверхности ещё нет имплантов. Сначала создайте их.</translation>
  </message>
  <message>
   <source>The bone was edited since its islands were listed. Restore again to list them anew, or erase the island in Segment Editor.</source>
   <translation>После составления списка фрагментов кость изменили. Восстановите снова или сотрите фрагмент в Segment Editor.</translation>
  </message>
  <message>
   <source>The other side of the head has no sound bone opposite to a defect: there is nothing to compare with.</source>
   <translation>На другой стороне головы напротив дефектов нет здоровой кости: сравнивать не с чем.</translation>
  </message>
  <message>
   <source>{1} of the saved pictures of your views cannot be used: they are damaged, or the input was changed. Take them again.</source>
   <translation>Сохранённые снимки ваших видов, которые нельзя использовать: {1}. Они повреждены, или входные данные были изменены. Сделайте их заново.</translation>
  </message>
  <message>
   <source>A report holds up to {1} pictures of your views. Drop them first.</source>
   <translation>Отчёт вмещает до {1} снимков ваших видов. Сначала уберите их.</translation>
  </message>
  <message>
   <source>There is no restored surface of defect {1}.</source>
   <translation>Нет восстановленной поверхности дефекта {1}.</translation>
  </message>
  <message>
   <source>Flatter surface: {1} of heads are fuller here.</source>
   <translation>Более плоская поверхность: у {1} голов она здесь более выпуклая.</translation>
  </message>
  <message>
   <source>Most likely surface: half of all heads are flatter here.</source>
   <translation>Самая вероятная поверхность: у половины всех голов она здесь более плоская.</translation>
  </message>
  <message>
   <source>Fuller surface: {1} of heads are flatter here.</source>
   <translation>Более выпуклая поверхность: у {1} голов она здесь более плоская.</translation>
  </message>
  <message>
   <source>{1} to {2}{3}; it was {4}{5}.</source>
   <translation>{1}–{2}{3}; было {4}{5}.</translation>
  </message>
  <message>
   <source>The onlay rim thins out to {1} mm at its edge, so that the scalp has hardly a step. Only for materials that bend: a thin edge of PEEK or titanium holds, one of ceramics breaks.</source>
   <translation>Накладной край сходит к кромке на {1} мм, чтобы под кожей почти не было ступеньки. Только для гибких материалов: тонкий край из PEEK или титана держит, из керамики ломается.</translation>
  </message>
  <message>
   <source>Engrave the case code, the side and an arrow that points up into the inner face, {1} mm deep, away from holes. A mould has no label.</source>
   <translation>Код случая, сторона и стрелка вверх гравируются на внутренней поверхности на глубину {1} мм, вдали от отверстий. На форме надписи нет.</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle and Follow the inner table exclude each other; a thickness of {1} mm there, or that of the bone.</source>
   <translation>«Толщина над височной мышцей» и «Следовать внутренней пластинке» исключают друг друга: там {1} мм или толщина кости.</translation>
  </message>
  <message>
   <source>Temporal filling and Raise for the skin exclude each other; choose a height, or let the skin of the other side give it.</source>
   <translation>Наполнение виска и Поднять для кожи исключают друг друга; выберите высоту или предоставьте её коже другой стороны.</translation>
  </message>
  <message>
   <source>Thickness over the temporal muscle must be at least {1} mm, or 0 for the same everywhere; it was {2} mm.</source>
   <translation>Толщина над височной мышцей должна быть не менее {1} мм или 0 — везде одинаковая; было {2} мм.</translation>
  </message>
  <message>
   <source>From {1} to {2} mm the transition at the temporal line must be at least {3} mm long, so that the inner face stays smooth; it was {4} mm.</source>
   <translation>Для перехода от {1} к {2} мм у височной линии нужно не менее {3} мм, чтобы внутренняя поверхность осталась гладкой; было {4} мм.</translation>
  </message>
  <message>
   <source>{1} needs a thickness of at least {2} mm; it was {3} mm. Make the implant thicker, or do not keep the limits of the material.</source>
   <translation>Для {1} нужна толщина не менее {2} мм; было {3} мм. Сделайте имплант толще или не соблюдайте пределы материала.</translation>
  </message>
  <message>
   <source>Perforations of {1} mm every {2} mm leave {3} between them, at least {4} mm are needed; make them smaller, or farther apart.</source>
   <translation>Перфорации {1} мм через {2} мм оставляют {3} между ними, нужно не менее {4} мм; сделайте их меньше или реже.</translation>
  </message>
  <message>
   <source>Holes to rim must be at least {1} mm for {2} of {3} mm, so that {4} mm of material is left at the rim; it was {5} mm.</source>
   <translation>«От отверстий до края» не менее {1} мм для {2} по {3} мм, чтобы у края осталось {4} мм материала; было {5} мм.</translation>
  </message>
  <message>
   <source>{1} must be at least {2} mm with recesses, which are {3} mm deep{4}; it was {5} mm.</source>
   <translation>{1} при выемках глубиной {3} мм{4} должно быть не меньше {2} мм; было {5} мм.</translation>
  </message>
  <message>
   <source>{1} must be at least {2} mm for parts with a play of {3} mm, because each part has half of it at the joint; it was {4} mm.</source>
   <translation>{1}: для частей с зазором {3} мм нужно не менее {2} мм, ведь в стыке у каждой половина; было {4} мм.</translation>
  </message>
  <message>
   <source>The minimum rim thickness, {1} mm, is more than the thickness of the implant, {2} mm; make the implant thicker, or the rim thinner.</source>
   <translation>Мин. толщина края {1} мм больше толщины импланта {2} мм; сделайте имплант толще или край тоньше.</translation>
  </message>
  <message>
   <source>A rim radius of {1} mm outside and inside needs a thickness of at least {2} mm; it was {3} mm.</source>
   <translation>Радиус края {1} мм снаружи и изнутри требует толщины не менее {2} мм, было {3} мм.</translation>
  </message>
  <message>
   <source>A feathered onlay edge and tabs exclude each other, because a tab as thin as the edge would break; choose recesses for plates, or an edge that is not feathered.</source>
   <translation>Утончённый край и лапки исключают друг друга: лапка толщиной с кромку сломается; выберите выемки под пластины или край без утончения.</translation>
  </message>
  <message>
   <source>A feathered onlay edge of {1} mm breaks in hydroxyapatite; choose another material, or an edge that is not feathered.</source>
   <translation>Утончённый до {1} мм край из гидроксиапатита ломается; выберите другой материал или край без утончения.</translation>
  </message>
  <message>
   <source>An onlay rim of {1} mm hides the tabs, which are {2} mm long; make the rim narrower, or choose no tabs.</source>
   <translation>Накладной край {1} мм скрывает лапки длиной {2} мм; сделайте край уже или откажитесь от лапок.</translation>
  </message>
  <message>
   <source>The thickness of {1}, {2} mm, is less than the minimum rim thickness, {3} mm; make {4} thicker, or the minimum smaller.</source>
   <translation>Толщина ({1}) {2} мм меньше мин. толщины края {3} мм; увеличьте её ({4}) или уменьшите минимум.</translation>
  </message>
  <message>
   <source>Countersunk screw holes are in tabs, and recesses have none; choose tabs, or no countersunk holes.</source>
   <translation>Раззенкованные отверстия бывают в лапках, в выемках их нет; выберите лапки или откажитесь от раззенковки.</translation>
  </message>
  <message>
   <source>Countersunk screw holes need tabs of at least {1} mm, so that {2} mm are left below the head; the thickness of the onlay rim, and of tabs, was {3} mm.</source>
   <translation>Раззенкованным отверстиям нужны лапки не тоньше {1} мм, чтобы под головкой осталось {2} мм; толщина накладного края и лапок была {3} мм.</translation>
  </message>
  <message>
   <source>Fixation at points names {1} more than once; name each point once.</source>
   <translation>В «Крепление у точек» точка {1} указана несколько раз; укажите каждую один раз.</translation>
  </message>
  <message>
   <source>Wall of the mould must be at least {1} mm, or 0 for solid blocks; it was {2} mm.</source>
   <translation>Стенка формы должна быть не менее {1} мм или 0 — сплошные блоки; было {2} мм.</translation>
  </message>
  <message>
   <source>True or False; it was {1}.</source>
   <translation>Да или нет; было {1}.</translation>
  </message>
  <message>
   <source>{1} and {2} exclude each other; use one of them.</source>
   <translation>{1} и {2} исключают друг друга; используйте одно из двух.</translation>
  </message>
  <message>
   <source>{1} does nothing without {2}; add {3}, or leave {4} out.</source>
   <translation>{1} не действует без {2}; добавьте {3} или уберите {4}.</translation>
  </message>
  <message>
   <source>{1} must be a whole number; it was {2}.</source>
   <translation>{1}: нужно целое число, было {2}.</translation>
  </message>
  <message>
   <source>{1} must be given.</source>
   <translation>{1}: нужно указать.</translation>
  </message>
  <message>
   <source>Object {1} cannot both stay and go; name it once.</source>
   <translation>Объект {1} не может и остаться, и быть удалён; назовите его один раз.</translation>
  </message>
  <message>
   <source>Case code must be 1 to {1} letters (A to Z), digits, blanks, hyphens, points or underscores, and begin with a letter or a digit; it was {2}.</source>
   <translation>Код случая — от 1 до {1} букв (A–Z), цифр, пробелов, дефисов, точек или подчёркиваний, начинается с буквы или цифры; было {2}.</translation>
  </message>
  <message>
   <source>{1} must be a number.</source>
   <translation>{1}: нужно число.</translation>
  </message>
  <message>
   <source>{1} is no direction; write three numbers such as 0,0,-1.</source>
   <translation>{1} — не направление; напишите три числа, например 0,0,-1.</translation>
  </message>
  <message>
   <source>The shape statistics are missing: {1} does not exist. Reinstall SkullRestore.</source>
   <translation>Нет статистики форм: {1} не существует. Установите SkullRestore заново.</translation>
  </message>
  <message>
   <source>The shape statistics are a safetensors file, and that package is not installed. Install it with `pip install safetensors`.</source>
   <translation>Статистика форм — файл safetensors, а этот пакет не установлен. Установите его: `pip install safetensors`.</translation>
  </message>
  <message>
   <source>The shape statistics in {1} cannot be read ({2}). Reinstall SkullRestore.</source>
   <translation>Статистика форм в {1} не читается ({2}). Установите SkullRestore заново.</translation>
  </message>
  <message>
   <source>The shape model needs a ray map of level {1} or finer; this one has level {2}.</source>
   <translation>Модели форм нужна карта лучей уровня {1} или подробнее; у этой уровень {2}.</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreWords</name>
  <message>
   <source>segment the bone</source>
   <translation>сегментация кости</translation>
  </message>
  <message>
   <source>list the bone islands</source>
   <translation>список фрагментов кости</translation>
  </message>
  <message>
   <source>make the display model</source>
   <translation>модель для показа</translation>
  </message>
  <message>
   <source>load the weights</source>
   <translation>загрузка весов</translation>
  </message>
  <message>
   <source>find the head</source>
   <translation>поиск головы</translation>
  </message>
  <message>
   <source>trace the rays</source>
   <translation>трассировка лучей</translation>
  </message>
  <message>
   <source>predict the intact vault</source>
   <translation>предсказание целого свода</translation>
  </message>
  <message>
   <source>find the defects</source>
   <translation>поиск дефектов</translation>
  </message>
  <message>
   <source>fit the surface to the bone</source>
   <translation>подгонка поверхности к кости</translation>
  </message>
  <message>
   <source>place the reference points</source>
   <translation>расстановка точек</translation>
  </message>
  <message>
   <source>restore the surface</source>
   <translation>восстановление поверхности</translation>
  </message>
  <message>
   <source>draw the surface</source>
   <translation>рисование поверхности</translation>
  </message>
  <message>
   <source>fill the missing bone</source>
   <translation>заполнение утраченной кости</translation>
  </message>
  <message>
   <source>design the implants</source>
   <translation>создание имплантов</translation>
  </message>
  <message>
   <source>lay the skulls over each other</source>
   <translation>совмещение черепов</translation>
  </message>
  <message>
   <source>measure the distances</source>
   <translation>измерение расстояний</translation>
  </message>
  <message>
   <source>segment the skull before</source>
   <translation>сегментация черепа до операции</translation>
  </message>
  <message>
   <source>remove the bone islands</source>
   <translation>удаление фрагментов</translation>
  </message>
  <message>
   <source>take over the edited bone</source>
   <translation>перенос правки кости</translation>
  </message>
  <message>
   <source>draw the pictures</source>
   <translation>рисование изображений</translation>
  </message>
  <message>
   <source>write the files</source>
   <translation>запись файлов</translation>
  </message>
  <message>
   <source>grow a head</source>
   <translation>создание головы</translation>
  </message>
  <message>
   <source>scan it</source>
   <translation>сканирование</translation>
  </message>
  <message>
   <source>cut the surface</source>
   <translation>вырезание поверхности</translation>
  </message>
  <message>
   <source>Segment</source>
   <translation>Сегментация</translation>
  </message>
  <message>
   <source>Restore</source>
   <translation>Восстановление</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>Сравнение</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>Экспорт</translation>
  </message>
  <message>
   <source>Design the implants</source>
   <translation>Создание имплантов</translation>
  </message>
  <message>
   <source>Remove bone islands</source>
   <translation>Удаление фрагментов</translation>
  </message>
  <message>
   <source>Add a missed defect</source>
   <translation>Добавление дефекта</translation>
  </message>
  <message>
   <source>Take up the saved restoration</source>
   <translation>Открытие сохранённого</translation>
  </message>
  <message>
   <source>Take up the saved plan</source>
   <translation>Открытие сохранённого плана</translation>
  </message>
  <message>
   <source>Make a sample head</source>
   <translation>Создание примера</translation>
  </message>
  <message>
   <source>left</source>
   <translation>слева</translation>
  </message>
  <message>
   <source>right</source>
   <translation>справа</translation>
  </message>
  <message>
   <source>midline</source>
   <translation>по середине</translation>
  </message>
  <message>
   <source>both sides</source>
   <translation>с обеих сторон</translation>
  </message>
  <message>
   <source>not known</source>
   <translation>неизвестно</translation>
  </message>
  <message>
   <source>good</source>
   <translation>хорошо</translation>
  </message>
  <message>
   <source>acceptable</source>
   <translation>приемлемо</translation>
  </message>
  <message>
   <source>unacceptable</source>
   <translation>неприемлемо</translation>
  </message>
  <message>
   <source>passed</source>
   <translation>пройдены</translation>
  </message>
  <message>
   <source>NOT PASSED</source>
   <translation>НЕ ПРОЙДЕНЫ</translation>
  </message>
  <message>
   <source>EARLIER DESIGN</source>
   <translation>ПРЕЖНИЙ ПРОЕКТ</translation>
  </message>
  <message>
   <source>restored surface</source>
   <translation>восстановленная поверхность</translation>
  </message>
  <message>
   <source>implant</source>
   <translation>имплант</translation>
  </message>
  <message>
   <source>the implants were designed</source>
   <translation>создание имплантов</translation>
  </message>
  <message>
   <source>the skulls were compared</source>
   <translation>сравнение черепов</translation>
  </message>
  <message>
   <source>the defect was added</source>
   <translation>добавление дефекта</translation>
  </message>
  <message>
   <source>fronto-orbital</source>
   <translation>лобно-глазничная</translation>
  </message>
  <message>
   <source>frontal</source>
   <translation>лобная</translation>
  </message>
  <message>
   <source>temporal</source>
   <translation>височная</translation>
  </message>
  <message>
   <source>low temporal</source>
   <translation>низкая височная</translation>
  </message>
  <message>
   <source>parietal</source>
   <translation>теменная</translation>
  </message>
  <message>
   <source>occipital</source>
   <translation>затылочная</translation>
  </message>
  <message>
   <source>fronto-temporal</source>
   <translation>лобно-височная</translation>
  </message>
  <message>
   <source>fronto-temporal, low to the base</source>
   <translation>лобно-височная, до основания</translation>
  </message>
  <message>
   <source>fronto-parietal</source>
   <translation>лобно-теменная</translation>
  </message>
  <message>
   <source>fronto-occipital</source>
   <translation>лобно-затылочная</translation>
  </message>
  <message>
   <source>temporo-parietal</source>
   <translation>височно-теменная</translation>
  </message>
  <message>
   <source>temporo-parietal, low to the base</source>
   <translation>височно-теменная, до основания</translation>
  </message>
  <message>
   <source>temporo-occipital</source>
   <translation>височно-затылочная</translation>
  </message>
  <message>
   <source>temporo-occipital, low to the base</source>
   <translation>височно-затылочная, до основания</translation>
  </message>
  <message>
   <source>parieto-occipital</source>
   <translation>теменно-затылочная</translation>
  </message>
  <message>
   <source>fronto-temporo-parietal</source>
   <translation>лобно-височно-теменная</translation>
  </message>
  <message>
   <source>fronto-temporo-parietal, low to the base</source>
   <translation>лобно-височно-теменная, до основания</translation>
  </message>
  <message>
   <source>fronto-temporo-occipital</source>
   <translation>лобно-височно-затылочная</translation>
  </message>
  <message>
   <source>fronto-temporo-occipital, low to the base</source>
   <translation>лобно-височно-затылочная, до основания</translation>
  </message>
  <message>
   <source>fronto-parieto-occipital</source>
   <translation>лобно-теменно-затылочная</translation>
  </message>
  <message>
   <source>temporo-parieto-occipital</source>
   <translation>височно-теменно-затылочная</translation>
  </message>
  <message>
   <source>temporo-parieto-occipital, low to the base</source>
   <translation>височно-теменно-затылочная, до основания</translation>
  </message>
  <message>
   <source>fronto-temporo-parieto-occipital</source>
   <translation>лобно-височно-теменно-затылочная</translation>
  </message>
  <message>
   <source>fronto-temporo-parieto-occipital, low to the base</source>
   <translation>лобно-височно-теменно-затылочная, до основания</translation>
  </message>
  <message>
   <source>{1} slices, {2} mm.</source>
   <translation>Срезов: {1}, {2} мм.</translation>
  </message>
  <message>
   <source>Written to {1}.</source>
   <translation>Записано в {1}.</translation>
  </message>
  <message>
   <source>No implant for defect {1}: {2}</source>
   <translation>Нет импланта для дефекта {1}: {2}</translation>
  </message>
  <message>
   <source>Implant {1}: {2}</source>
   <translation>Имплант {1}: {2}</translation>
  </message>
  <message>
   <source>The restored vault is intact, so there is nothing to compare.</source>
   <translation>Свод цел, сравнивать нечего.</translation>
  </message>
  <message>
   <source>{1}{2}; everything else was written.</source>
   <translation>{1}{2}; всё остальное записано.</translation>
  </message>
  <message>
   <source>Bone flap</source>
   <translation>Костный лоскут</translation>
  </message>
  <message>
   <source>Plate or mesh</source>
   <translation>Пластина или сетка</translation>
  </message>
  <message>
   <source>bone flap</source>
   <translation>костный лоскут</translation>
  </message>
  <message>
   <source>resorbed bone flap</source>
   <translation>резорбированный костный лоскут</translation>
  </message>
  <message>
   <source>plate</source>
   <translation>пластина</translation>
  </message>
  <message>
   <source>thin shell</source>
   <translation>тонкая оболочка</translation>
  </message>
  <message>
   <source>bone on the dura</source>
   <translation>кость на твёрдой мозговой оболочке</translation>
  </message>
  <message>
   <source>metal mesh or plate</source>
   <translation>металлическая сетка или пластина</translation>
  </message>
  <message>
   <source>drawing template</source>
   <translation>разметочный шаблон</translation>
  </message>
  <message>
   <source>cutting guide</source>
   <translation>направитель распила</translation>
  </message>
  <message>
   <source>margin ring</source>
   <translation>краевое кольцо</translation>
  </message>
  <message>
   <source>sagittal sinus (mid-line)</source>
   <translation>сагиттальный синус (средняя линия)</translation>
  </message>
  <message>
   <source>transverse sinus</source>
   <translation>поперечный синус</translation>
  </message>
  <message>
   <source>sigmoid sinus and mastoid</source>
   <translation>сигмовидный синус и сосцевидный отросток</translation>
  </message>
  <message>
   <source>orbit</source>
   <translation>глазница</translation>
  </message>
  <message>
   <source>frontal sinus</source>
   <translation>лобная пазуха</translation>
  </message>
  <message>
   <source>crossed or enclosed</source>
   <translation>пересечён или охвачен</translation>
  </message>
  <message>
   <source>on the face</source>
   <translation>на лице</translation>
  </message>
  <message>
   <source>on the base of the skull or the neck</source>
   <translation>на основании черепа или шее</translation>
  </message>
  <message>
   <source>NOT MADE</source>
   <translation>НЕ СОЗДАН</translation>
  </message>
  <message>
   <source>outside</source>
   <translation>снаружи</translation>
  </message>
  <message>
   <source>middle</source>
   <translation>посередине</translation>
  </message>
  <message>
   <source>inside</source>
   <translation>внутри</translation>
  </message>
  <message>
   <source>perpendicular</source>
   <translation>перпендикулярно</translation>
  </message>
  <message>
   <source>parallel</source>
   <translation>параллельно</translation>
  </message>
  <message>
   <source>prepare the drawing of lines</source>
   <translation>подготовка линии</translation>
  </message>
  <message>
   <source>lay the line on the skull</source>
   <translation>линия на череп</translation>
  </message>
  <message>
   <source>cut the bone</source>
   <translation>распил кости</translation>
  </message>
  <message>
   <source>make the drawing template</source>
   <translation>разметочный шаблон</translation>
  </message>
  <message>
   <source>make the cutting guide</source>
   <translation>направитель распила</translation>
  </message>
  <message>
   <source>make the margin ring</source>
   <translation>краевое кольцо</translation>
  </message>
  <message>
   <source>draw the line around the tumour</source>
   <translation>линия вокруг опухоли</translation>
  </message>
  <message>
   <source>draw the plan</source>
   <translation>рисунки плана</translation>
  </message>
  <message>
   <source>sagittal</source>
   <translation>сагиттальные</translation>
  </message>
  <message>
   <source>coronal</source>
   <translation>корональные</translation>
  </message>
  <message>
   <source>axial</source>
   <translation>аксиальные</translation>
  </message>
  <message>
   <source>patients</source>
   <translation>пациентам</translation>
  </message>
  <message>
   <source>studies</source>
   <translation>исследованиям</translation>
  </message>
  <message>
   <source>1 slice is</source>
   <translation>1 срез</translation>
  </message>
  <message>
   <source>{1} slices are</source>
   <translation>срезов: {1}</translation>
  </message>
  <message>
   <source>a single slice</source>
   <translation>один срез</translation>
  </message>
  <message>
   <source>only {1} slices</source>
   <translation>только срезов: {1}</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the lowest slice (images {3} and {4})</source>
   <translation>между {1} и {2} мм от нижнего среза (изображения {3} и {4})</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the first slice (images {3} and {4})</source>
   <translation>между {1} и {2} мм от первого среза (изображения {3} и {4})</translation>
  </message>
  <message>
   <source>The file '{1}' (image {2})</source>
   <translation>Файл '{1}' (изображение {2})</translation>
  </message>
  <message>
   <source>The DICOM database does not hold</source>
   <translation>В базе DICOM</translation>
  </message>
  <message>
   <source>automatic</source>
   <translation>автоматически</translation>
  </message>
  <message>
   <source>one</source>
   <translation>одна</translation>
  </message>
  <message>
   <source>two</source>
   <translation>две</translation>
  </message>
  <message>
   <source>three</source>
   <translation>три</translation>
  </message>
  <message>
   <source>four</source>
   <translation>четыре</translation>
  </message>
  <message>
   <source>{1}, part {2} of {3}</source>
   <translation>{1}, часть {2} из {3}</translation>
  </message>
  <message>
   <source>{1}, part {2} (STL)</source>
   <translation>{1}, часть {2} (STL)</translation>
  </message>
  <message>
   <source>{1}, up to {2} mm from the line</source>
   <translation>{1}, до {2} мм от линии</translation>
  </message>
  <message>
   <source>{1}: off</source>
   <translation>{1}: выкл.</translation>
  </message>
  <message>
   <source>{1}: none</source>
   <translation>{1}: нет</translation>
  </message>
  <message>
   <source>front</source>
   <translation>спереди</translation>
  </message>
  <message>
   <source>back</source>
   <translation>сзади</translation>
  </message>
  <message>
   <source>top</source>
   <translation>сверху</translation>
  </message>
  <message>
   <source>bottom</source>
   <translation>снизу</translation>
  </message>
  <message>
   <source>above</source>
   <translation>выше</translation>
  </message>
  <message>
   <source>below</source>
   <translation>ниже</translation>
  </message>
  <message>
   <source>everything</source>
   <translation>всё</translation>
  </message>
  <message>
   <source>nothing</source>
   <translation>ничего</translation>
  </message>
  <message>
   <source>right-handed</source>
   <translation>правые</translation>
  </message>
  <message>
   <source>left-handed</source>
   <translation>левые</translation>
  </message>
  <message>
   <source>outer</source>
   <translation>наружная</translation>
  </message>
  <message>
   <source>inner</source>
   <translation>внутренняя</translation>
  </message>
  <message>
   <source>lowest</source>
   <translation>нижний</translation>
  </message>
  <message>
   <source>first</source>
   <translation>первый</translation>
  </message>
  <message>
   <source>mask</source>
   <translation>маска</translation>
  </message>
  <message>
   <source>a higher</source>
   <translation>более высокий</translation>
  </message>
  <message>
   <source>a lower</source>
   <translation>более низкий</translation>
  </message>
  <message>
   <source>another</source>
   <translation>другой</translation>
  </message>
  <message>
   <source>implant {1}</source>
   <translation>имплант {1}</translation>
  </message>
  <message>
   <source>implant {1} part {2}</source>
   <translation>имплант {1}, часть {2}</translation>
  </message>
  <message>
   <source>implant {1} mould outer</source>
   <translation>имплант {1}, наружная половина формы</translation>
  </message>
  <message>
   <source>implant {1} mould inner</source>
   <translation>имплант {1}, внутренняя половина формы</translation>
  </message>
  <message>
   <source>implant {1} ring</source>
   <translation>имплант {1}, краевое кольцо</translation>
  </message>
  <message>
   <source>safety</source>
   <translation>запас</translation>
  </message>
  <message>
   <source>moved</source>
   <translation>сдвинута</translation>
  </message>
  <message>
   <source>Bone</source>
   <translation>Кость</translation>
  </message>
  <message>
   <source>Metal</source>
   <translation>Металл</translation>
  </message>
  <message>
   <source>Skull</source>
   <translation>Череп</translation>
  </message>
  <message>
   <source>Skull defect</source>
   <translation>Дефект черепа</translation>
  </message>
  <message>
   <source>Reference points</source>
   <translation>Опорные точки</translation>
  </message>
  <message>
   <source>Defects</source>
   <translation>Дефекты</translation>
  </message>
  <message>
   <source>Implants</source>
   <translation>Импланты</translation>
  </message>
  <message>
   <source>Comparison</source>
   <translation>Сравнение</translation>
  </message>
  <message>
   <source>Clip</source>
   <translation>Отсечение</translation>
  </message>
  <message>
   <source>Standard error (mm)</source>
   <translation>Станд. ошибка (мм)</translation>
  </message>
  <message>
   <source>Distance (mm)</source>
   <translation>Расстояние (мм)</translation>
  </message>
  <message>
   <source>{1} mm</source>
   <translation>{1} мм</translation>
  </message>
  <message>
   <source>{1} cm²</source>
   <translation>{1} см²</translation>
  </message>
  <message>
   <source>{1} mL</source>
   <translation>{1} мл</translation>
  </message>
  <message>
   <source>{1} and {2}</source>
   <translation>{1} и {2}</translation>
  </message>
  <message>
   <source>MB</source>
   <translation>МБ</translation>
  </message>
  <message>
   <source>The margin ring</source>
   <translation>Краевое кольцо</translation>
  </message>
  <message>
   <source>PDF</source>
   <translation>PDF</translation>
  </message>
  <message>
   <source>resample it to voxels of {1} mm (in 3D Slicer: Resample Scalar Volume),</source>
   <translation>пересчитайте на воксели {1} мм (в 3D Slicer: Resample Scalar Volume),</translation>
  </message>
  <message>
   <source>The model</source>
   <translation>Модель</translation>
  </message>
  <message>
   <source>, or scale it by {1}</source>
   <translation>, или умножьте размеры на {1}</translation>
  </message>
  <message>
   <source>the restored surface of defect {1}</source>
   <translation>восстановленной поверхности дефекта {1}</translation>
  </message>
  <message>
   <source>the frontal sinus</source>
   <translation>лобную пазуху</translation>
  </message>
  <message>
   <source>air cells of the skull</source>
   <translation>воздухоносные ячейки черепа</translation>
  </message>
  <message>
   <source>the implant was trimmed there</source>
   <translation>имплант там подрезан</translation>
  </message>
  <message>
   <source>it blocks the implant, which was not trimmed</source>
   <translation>он мешает импланту, который не подрезан</translation>
  </message>
  <message>
   <source>the sinus</source>
   <translation>пазуху</translation>
  </message>
  <message>
   <source>as drawn</source>
   <translation>как нарисовано</translation>
  </message>
  <message>
   <source>where no bone ends the defect</source>
   <translation>где дефект не ограничен костью</translation>
  </message>
  <message>
   <source>runs from {1} to {2} mm</source>
   <translation>от {1} до {2} мм</translation>
  </message>
  <message>
   <source>cannot be found</source>
   <translation>не найдена</translation>
  </message>
  <message>
   <source>is {1} mm deep</source>
   <translation>глубиной {1} мм</translation>
  </message>
  <message>
   <source>the bone around the defect</source>
   <translation>кости вокруг дефекта</translation>
  </message>
  <message>
   <source>the recesses for plates</source>
   <translation>выемок под пластины</translation>
  </message>
  <message>
   <source>the label</source>
   <translation>надписи</translation>
  </message>
  <message>
   <source>the joint</source>
   <translation>стыка</translation>
  </message>
  <message>
   <source>the margin ring</source>
   <translation>краевого кольца</translation>
  </message>
  <message>
   <source>the block of the mould</source>
   <translation>блока формы</translation>
  </message>
  <message>
   <source>the rim over the bone</source>
   <translation>края над костью</translation>
  </message>
  <message>
   <source>The outer half of the mould</source>
   <translation>Наружная половина формы</translation>
  </message>
  <message>
   <source>The inner half of the mould</source>
   <translation>Внутренняя половина формы</translation>
  </message>
  <message>
   <source>Part {1}</source>
   <translation>Часть {1}</translation>
  </message>
  <message>
   <source>screw hole in a tab</source>
   <translation>отверстие под винт в лапке</translation>
  </message>
  <message>
   <source>middle of a recess for a plate</source>
   <translation>середина выемки под пластину</translation>
  </message>
  <message>
   <source>The archive</source>
   <translation>Архив</translation>
  </message>
  <message>
   <source>the image has another size than its header says</source>
   <translation>размер изображения не тот, что в заголовке</translation>
  </message>
  <message>
   <source>the file does not say in which direction its frames follow each other</source>
   <translation>в файле не сказано, в каком направлении идут кадры</translation>
  </message>
  <message>
   <source>between {1} and {2} mm from the {3} slice (images {4} and {5})</source>
   <translation>между {1} и {2} мм от среза ({3}; изображения {4} и {5})</translation>
  </message>
  <message>
   <source>slices {1} mm apart over {2} mm</source>
   <translation>шаг срезов {1} мм на протяжении {2} мм</translation>
  </message>
  <message>
   <source>{1} slices, {2} mm</source>
   <translation>срезов: {1}, {2} мм</translation>
  </message>
  <message>
   <source>The folder holds {1} CT series. Choose one by its number or UID ({2}), most likely [{3}] ({4}); `skullrestore check` shows their descriptions and dates:</source>
   <translation>В папке серий КТ: {1}. Выберите одну по номеру или UID ({2}), скорее всего [{3}] ({4}); `skullrestore check` покажет описания и даты:</translation>
  </message>
  <message>
   <source>Series '{1}' is not in this folder. Choose one of these by number or UID:</source>
   <translation>Серии «{1}» в этой папке нет. Выберите одну по номеру или UID:</translation>
  </message>
  <message>
   <source>{1} reconstructions have the UID {2}. Choose one of these by number:</source>
   <translation>Реконструкций с UID {2}: {1}. Выберите одну по номеру:</translation>
  </message>
  <message>
   <source>bone kernel</source>
   <translation>костный фильтр</translation>
  </message>
  <message>
   <source>original images</source>
   <translation>исходные изображения</translation>
  </message>
  <message>
   <source>(kernel {1})</source>
   <translation>(фильтр {1})</translation>
  </message>
  <message>
   <source>{1} mm thick</source>
   <translation>толщина {1} мм</translation>
  </message>
  <message>
   <source>kernel {1}</source>
   <translation>фильтр {1}</translation>
  </message>
  <message>
   <source>compressed with loss</source>
   <translation>сжатие с потерями</translation>
  </message>
  <message>
   <source>issuer of the patient ID</source>
   <translation>кем выдан ID пациента</translation>
  </message>
  <message>
   <source>date of birth</source>
   <translation>дата рождения</translation>
  </message>
  <message>
   <source>study date</source>
   <translation>дата исследования</translation>
  </message>
  <message>
   <source>study time</source>
   <translation>время исследования</translation>
  </message>
  <message>
   <source>accession number</source>
   <translation>номер направления</translation>
  </message>
  <message>
   <source>referring physician</source>
   <translation>направивший врач</translation>
  </message>
  <message>
   <source>study description</source>
   <translation>описание исследования</translation>
  </message>
  <message>
   <source>position reference</source>
   <translation>ориентир положения</translation>
  </message>
  <message>
   <source>'{1}' does not hold</source>
   <translation>В «{1}»</translation>
  </message>
  <message>
   <source>issuer of the patient ID (there is no ID)</source>
   <translation>кем выдан ID пациента (самого ID нет)</translation>
  </message>
  <message>
   <source>are filed in a study of their own</source>
   <translation>лежат в отдельном исследовании</translation>
  </message>
  <message>
   <source>frame of reference</source>
   <translation>система отсчёта</translation>
  </message>
  <message>
   <source>may not be shown in one view with it</source>
   <translation>могут не показываться с ней в одном виде</translation>
  </message>
  <message>
   <source>not unique</source>
   <translation>не единственный</translation>
  </message>
  <message>
   <source>a {1} UID that is {2}</source>
   <translation>негодный UID ({1}): {2}</translation>
  </message>
  <message>
   <source>no {1} UID</source>
   <translation>нет UID ({1})</translation>
  </message>
  <message>
   <source>characters that cannot be read with the character set that the header names</source>
   <translation>знаки, которые не читаются в кодировке из заголовка</translation>
  </message>
  <message>
   <source>several values, the first was taken</source>
   <translation>несколько значений, взято первое</translation>
  </message>
  <message>
   <source>several values in the place of one</source>
   <translation>несколько значений вместо одного</translation>
  </message>
  <message>
   <source>more than one line</source>
   <translation>больше одной строки</translation>
  </message>
  <message>
   <source>longer than {1} characters</source>
   <translation>длиннее {1} знаков</translation>
  </message>
  <message>
   <source>more than three groups, the first three were taken</source>
   <translation>больше трёх групп, взяты первые три</translation>
  </message>
  <message>
   <source>not a complete date</source>
   <translation>неполная дата</translation>
  </message>
  <message>
   <source>not a time of day</source>
   <translation>не время суток</translation>
  </message>
  <message>
   <source>not an age in days, weeks, months or years</source>
   <translation>не возраст в днях, неделях, месяцах или годах</translation>
  </message>
  <message>
   <source>not a valid UID</source>
   <translation>недопустимый UID</translation>
  </message>
  <message>
   <source>too long, it was shortened</source>
   <translation>слишком длинно, сокращено</translation>
  </message>
  <message>
   <source>not a date of the calendar</source>
   <translation>нет такой даты</translation>
  </message>
  <message>
   <source>a 7-Zip archive</source>
   <translation>архив 7-Zip</translation>
  </message>
  <message>
   <source>a tar archive</source>
   <translation>архив tar</translation>
  </message>
  <message>
   <source>an xz file</source>
   <translation>файл xz</translation>
  </message>
  <message>
   <source>a Zstandard file</source>
   <translation>файл Zstandard</translation>
  </message>
  <message>
   <source>an Office document</source>
   <translation>документ Office</translation>
  </message>
  <message>
   <source>an HDF5 file, such as MINC 2</source>
   <translation>файл HDF5, например MINC 2</translation>
  </message>
  <message>
   <source>a NetCDF file, such as MINC 1</source>
   <translation>файл NetCDF, например MINC 1</translation>
  </message>
  <message>
   <source>a web page</source>
   <translation>веб-страница</translation>
  </message>
  <message>
   <source>a VTK file of the type {1}</source>
   <translation>файл VTK типа {1}</translation>
  </message>
  <message>
   <source>an Analyze 7.5 header, which does not say which side of the patient is left</source>
   <translation>заголовок Analyze 7.5, где не сказано, где у пациента лево</translation>
  </message>
  <message>
   <source>VTK reports an error</source>
   <translation>VTK сообщает об ошибке</translation>
  </message>
  <message>
   <source>single bits</source>
   <translation>отдельные биты</translation>
  </message>
  <message>
   <source>complex numbers</source>
   <translation>комплексные числа</translation>
  </message>
  <message>
   <source>128-bit numbers</source>
   <translation>128-битные числа</translation>
  </message>
  <message>
   <source>its sform says voxels of {1} mm, its qform (pixdim) {2} mm</source>
   <translation>по sform воксели {1} мм, по qform (pixdim) {2} мм</translation>
  </message>
  <message>
   <source>The size and the place of DICOM images are in their headers</source>
   <translation>Размер и место изображений DICOM указаны в их заголовках</translation>
  </message>
  <message>
   <source>The volume</source>
   <translation>Объём</translation>
  </message>
  <message>
   <source>and more</source>
   <translation>и другие</translation>
  </message>
  <message>
   <source>A model has no voxels</source>
   <translation>В модели нет вокселей</translation>
  </message>
  <message>
   <source>, or give the voxel size with {1}</source>
   <translation>, или задайте размер вокселя через {1}</translation>
  </message>
  <message>
   <source>cut off</source>
   <translation>обрезан</translation>
  </message>
  <message>
   <source>numbers with a decimal comma</source>
   <translation>числа с десятичной запятой</translation>
  </message>
  <message>
   <source>{1}: {2}{3} in place of {4}{5}</source>
   <translation>{1}: {2}{3} вместо {4}{5}</translation>
  </message>
  <message>
   <source>not compared: no bone there</source>
   <translation>не сравнивалось: там нет кости</translation>
  </message>
  <message>
   <source>they are numbered 0 to {1}</source>
   <translation>они пронумерованы от 0 до {1}</translation>
  </message>
  <message>
   <source>there are none</source>
   <translation>их нет</translation>
  </message>
  <message>
   <source>{1}-01 to {2}-{3}</source>
   <translation>от {1}-01 до {2}-{3}</translation>
  </message>
  <message>
   <source>{1} cm², {2} mL</source>
   <translation>{1} см², {2} мл</translation>
  </message>
  <message>
   <source>look for objects in the holes</source>
   <translation>поиск объектов в дефектах</translation>
  </message>
  <message>
   <source>take the objects out</source>
   <translation>удаление объектов</translation>
  </message>
  <message>
   <source>sunk {1} mm</source>
   <translation>западает на {1} мм</translation>
  </message>
  <message>
   <source>tilted {1}°</source>
   <translation>наклон {1}°</translation>
  </message>
  <message>
   <source>level with the vault</source>
   <translation>вровень со сводом</translation>
  </message>
  <message>
   <source>{1} % of its edge free</source>
   <translation>свободно {1} % края</translation>
  </message>
  <message>
   <source>{1} HU on average</source>
   <translation>в среднем {1} HU</translation>
  </message>
  <message>
   <source>standing out {1} mm</source>
   <translation>выступает на {1} мм</translation>
  </message>
  <message>
   <source>read the input</source>
   <translation>чтение данных</translation>
  </message>
  <message>
   <source>found by the program</source>
   <translation>найдено программой</translation>
  </message>
  <message>
   <source>apply the edits</source>
   <translation>применение правок</translation>
  </message>
  <message>
   <source>they run from {1} to {2}</source>
   <translation>они от {1} до {2}</translation>
  </message>
  <message>
   <source>it has none</source>
   <translation>их нет</translation>
  </message>
  <message>
   <source>point {1} moved by {2} mm</source>
   <translation>точка {1} сдвинута на {2} мм</translation>
  </message>
  <message>
   <source>mask: {1} cm³ of bone added, {2} cm³ removed</source>
   <translation>маска: добавлено {1} см³ кости, удалено {2} см³</translation>
  </message>
  <message>
   <source>insertion direction found by the program again</source>
   <translation>направление установки снова найдено программой</translation>
  </message>
  <message>
   <source>{1}: {2}, now {3}</source>
   <translation>{1}: {2}, теперь {3}</translation>
  </message>
  <message>
   <source>{1} defects, now {2}</source>
   <translation>{1} {1|дефект|дефекта|дефектов}, теперь {2}</translation>
  </message>
  <message>
   <source>trim line of implant {1} as drawn</source>
   <translation>линия обреза импланта {1} — как нарисовано</translation>
  </message>
  <message>
   <source>trim line found again</source>
   <translation>линия обреза найдена заново</translation>
  </message>
  <message>
   <source>Thin bone or a gap</source>
   <translation>Тонкая кость или разрыв</translation>
  </message>
  <message>
   <source>{1}, {2} cm²</source>
   <translation>{1}, {2} см²</translation>
  </message>
  <message>
   <source>make the DICOM objects</source>
   <translation>создание объектов DICOM</translation>
  </message>
  <message>
   <source>The {1} could not be made: {2}</source>
   <translation>Не удалось создать {1}: {2}</translation>
  </message>
  <message>
   <source>an unexpected error occurred ({1}).</source>
   <translation>неожиданная ошибка ({1}).</translation>
  </message>
  <message>
   <source>segment the skull after the operation</source>
   <translation>сегментация черепа после операции</translation>
  </message>
  <message>
   <source>measure the line</source>
   <translation>измерение линии</translation>
  </message>
  <message>
   <source>the outer table</source>
   <translation>наружной пластинки</translation>
  </message>
  <message>
   <source>no planned opening</source>
   <translation>нет запланированного окна</translation>
  </message>
  <message>
   <source>make the {1}</source>
   <translation>создание: {1}</translation>
  </message>
  <message>
   <source>The restored surface against the mirrored other side (red: farther out; grey: no sound other side)</source>
   <translation>Восстановленная поверхность и отражённая другая сторона (красное: выступает; серое: другая сторона не здорова)</translation>
  </message>
  <message>
   <source>The line on the skull</source>
   <translation>Линия на черепе</translation>
  </message>
  <message>
   <source>The implant in the opening</source>
   <translation>Имплант в окне</translation>
  </message>
  <message>
   <source>The implant from inside</source>
   <translation>Имплант изнутри</translation>
  </message>
  <message>
   <source>Cut through implant and cutting guide</source>
   <translation>Разрез через имплант и направитель распила</translation>
  </message>
  <message>
   <source>plastic that can be sterilised</source>
   <translation>стерилизуемый пластик</translation>
  </message>
  <message>
   <source>the wall of the cut</source>
   <translation>стенки распила</translation>
  </message>
  <message>
   <source>left or right</source>
   <translation>слева или справа</translation>
  </message>
  <message>
   <source>, {1} mm from where it should be on average</source>
   <translation>, в среднем в {1} мм от должного места</translation>
  </message>
  <message>
   <source>small: heads of children shorter than</source>
   <translation>мало: головы детей короче</translation>
  </message>
  <message>
   <source>large: heads longer than</source>
   <translation>много: головы длиннее</translation>
  </message>
  <message>
   <source>the face to the {1} and the vertex to the {2} of the scan</source>
   <translation>лицо на снимке {1}, темя {2}</translation>
  </message>
  <message>
   <source>it was trained with another version of SkullRestore, on other features</source>
   <translation>обучена другой версией SkullRestore на других признаках</translation>
  </message>
  <message>
   <source>no such weight</source>
   <translation>такого веса нет</translation>
  </message>
  <message>
   <source>it is of another network: {1} is {2}, not {3}</source>
   <translation>она от другой сети: {1} — {2}, а не {3}</translation>
  </message>
  <message>
   <source>side not known</source>
   <translation>сторона неизвестна</translation>
  </message>
  <message>
   <source>the file does not say which side of the patient is left</source>
   <translation>в файле не сказано, где у пациента лево</translation>
  </message>
  <message>
   <source>the model's faces are inside out, as those of a mirror image are</source>
   <translation>грани модели вывернуты внутрь, как у зеркального отражения</translation>
  </message>
  <message>
   <source>mould halves</source>
   <translation>половины формы</translation>
  </message>
  <message>
   <source>margin rings</source>
   <translation>краевые кольца</translation>
  </message>
  <message>
   <source>part {1}</source>
   <translation>часть {1}</translation>
  </message>
  <message>
   <source>{1} half of the mould</source>
   <translation>{1} половина формы</translation>
  </message>
  <message>
   <source>mm thick</source>
   <translation>мм толщ.</translation>
  </message>
  <message>
   <source>mm off</source>
   <translation>мм откл.</translation>
  </message>
  <message>
   <source>mm gap</source>
   <translation>мм зазор</translation>
  </message>
  <message>
   <source>mm step</source>
   <translation>мм уступ</translation>
  </message>
  <message>
   <source>mm bent</source>
   <translation>мм прогиб</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks and {2}: {3}</source>
   <translation>Имплант {1} не прошёл проверки и {2}: {3}</translation>
  </message>
  <message>
   <source>No implant could be made for defect {1}: {2}</source>
   <translation>Для дефекта {1} имплант создать не удалось: {2}</translation>
  </message>
  <message>
   <source>is withheld</source>
   <translation>не выдаётся</translation>
  </message>
  <message>
   <source>is only written as {1}</source>
   <translation>записан только как {1}</translation>
  </message>
  <message>
   <source>No implant for defect</source>
   <translation>Нет импланта для дефекта</translation>
  </message>
  <message>
   <source>Restored minus other side (mm)</source>
   <translation>Восстановлено минус другая сторона (мм)</translation>
  </message>
  <message>
   <source>Clip box</source>
   <translation>Отсекающий ящик</translation>
  </message>
  <message>
   <source>Bone threshold preview</source>
   <translation>Просмотр порога кости</translation>
  </message>
  <message>
   <source>, as set</source>
   <translation>, как задано</translation>
  </message>
  <message>
   <source>{1} mm (side to side, front to back, up)</source>
   <translation>{1} мм (поперёк, спереди назад, вверх)</translation>
  </message>
  <message>
   <source>The top of the head is cut off</source>
   <translation>Темя обрезано</translation>
  </message>
  <message>
   <source>The head is cut off at the {1}</source>
   <translation>Голова обрезана ({1})</translation>
  </message>
  <message>
   <source>{1} or more</source>
   <translation>{1} или больше</translation>
  </message>
  <message>
   <source>The {1} is withheld: {2}</source>
   <translation>Не выдаётся: {1}. {2}</translation>
  </message>
  <message>
   <source>read the headers of the CT</source>
   <translation>чтение заголовков КТ</translation>
  </message>
  <message>
   <source>{1}, with the settings shown</source>
   <translation>{1} (как показано)</translation>
  </message>
  <message>
   <source>Look ahead</source>
   <translation>Упреждающий расчёт</translation>
  </message>
  <message>
   <source>Arrow {1}</source>
   <translation>Стрелка {1}</translation>
  </message>
  <message>
   <source>Insertion direction {1}</source>
   <translation>Направление установки {1}</translation>
  </message>
  <message>
   <source>no plan</source>
   <translation>нет плана</translation>
  </message>
  <message>
   <source>grey: not compared</source>
   <translation>серое: не сравнивалось</translation>
  </message>
  <message>
   <source>Voxels of the model</source>
   <translation>Воксели модели</translation>
  </message>
  <message>
   <source>Predicted vault</source>
   <translation>Предсказанный свод</translation>
  </message>
  <message>
   <source>Predicted vault before the cut</source>
   <translation>Предсказанный свод до распила</translation>
  </message>
  <message>
   <source>Restored surface {1}</source>
   <translation>Восстановленная поверхность {1}</translation>
  </message>
  <message>
   <source>Selected reference point</source>
   <translation>Выбранная опорная точка</translation>
  </message>
  <message>
   <source>Implant {1}</source>
   <translation>Имплант {1}</translation>
  </message>
  <message>
   <source>mould, {1} half</source>
   <translation>форма, {1} половина</translation>
  </message>
  <message>
   <source>Resection line</source>
   <translation>Линия резекции</translation>
  </message>
  <message>
   <source>Resection line on the bone</source>
   <translation>Линия резекции на кости</translation>
  </message>
  <message>
   <source>Find the head</source>
   <translation>Поиск головы</translation>
  </message>
  <message>
   <source>Draw around the tumour</source>
   <translation>Линия вокруг опухоли</translation>
  </message>
  <message>
   <source>Middle of the circle</source>
   <translation>Центр круга</translation>
  </message>
  <message>
   <source>Outline of a missed defect</source>
   <translation>Контур пропущенного дефекта</translation>
  </message>
  <message>
   <source>Written to {1}.{2}</source>
   <translation>Записано в {1}.{2}</translation>
  </message>
  <message>
   <source>{1} HU, now {2} HU</source>
   <translation>{1} HU, теперь {2} HU</translation>
  </message>
  <message>
   <source>{1} HU, now automatic</source>
   <translation>{1} HU, теперь автоматически</translation>
  </message>
  <message>
   <source>Open margin</source>
   <translation>Открытый край</translation>
  </message>
  <message>
   <source>{1} to {2} (median {3})</source>
   <translation>{1}–{2} (медиана {3})</translation>
  </message>
  <message>
   <source>Area restored (cm²)</source>
   <translation>Площадь восстановленная (см²)</translation>
  </message>
  <message>
   <source>Area before (cm²)</source>
   <translation>Площадь до операции (см²)</translation>
  </message>
  <message>
   <source>Area error (cm²)</source>
   <translation>Ошибка площади (см²)</translation>
  </message>
  <message>
   <source>Largest deviation (mm)</source>
   <translation>Наибольшее отклонение (мм)</translation>
  </message>
  <message>
   <source>Mass in {1} (g)</source>
   <translation>Масса, {1} (г)</translation>
  </message>
  <message>
   <source>Other side, mirrored {1}</source>
   <translation>Другая сторона, отражённая {1}</translation>
  </message>
  <message>
   <source>three numbers that are not all 0; it was {1}.</source>
   <translation>три числа, не все нули; было {1}.</translation>
  </message>
  <message>
   <source>labels of reference points such as 1-03 (defect and point); one was {1}.</source>
   <translation>метки опорных точек вида 1-03 (дефект и точка); одна была {1}.</translation>
  </message>
  <message>
   <source>one of {1}; it was {2}.</source>
   <translation>одно из {1}; было {2}.</translation>
  </message>
  <message>
   <source>a number; it was {1}.</source>
   <translation>число; было {1}.</translation>
  </message>
  <message>
   <source>a whole number; it was {1}.</source>
   <translation>целое число; было {1}.</translation>
  </message>
  <message>
   <source>whole numbers from 1 on, such as 1, 3; one was {1}.</source>
   <translation>целые числа от 1, например 1, 3; одно было {1}.</translation>
  </message>
  <message>
   <source>Insertion direction</source>
   <translation>Направление установки</translation>
  </message>
  <message>
   <source>Bone threshold</source>
   <translation>Порог кости</translation>
  </message>
  <message>
   <source>Grid level</source>
   <translation>Уровень сетки</translation>
  </message>
  <message>
   <source>Date of the scan</source>
   <translation>Дата снимка</translation>
  </message>
  <message>
   <source>{1} must be {2}</source>
   <translation>{1}: нужно {2}</translation>
  </message>
  <message>
   <source>a text; it was {1}.</source>
   <translation>текст; было {1}.</translation>
  </message>
  <message>
   <source>no material</source>
   <translation>нет материала</translation>
  </message>
  <message>
   <source>only {1} mm of material</source>
   <translation>всего {1} мм материала</translation>
  </message>
  <message>
   <source>, and a label of {1} mm</source>
   <translation>, и надписи {1} мм</translation>
  </message>
  <message>
   <source>the onlay rim</source>
   <translation>накладного края</translation>
  </message>
  <message>
   <source>the tabs</source>
   <translation>лапок</translation>
  </message>
  <message>
   <source>{1} or {2}</source>
   <translation>{1} или {2}</translation>
  </message>
  <message>
   <source>HU</source>
   <translation>HU</translation>
  </message>
  <message>
   <source>cm²</source>
   <translation>см²</translation>
  </message>
  <message>
   <source>{1} SD</source>
   <translation>{1} СО</translation>
  </message>
  <message>
   <source>SD</source>
   <translation>СО</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Устройство</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>Веса</translation>
  </message>
  <message>
   <source>auto</source>
   <translation>автоматически</translation>
  </message>
  <message>
   <source>remove</source>
   <translation>удалить</translation>
  </message>
  <message>
   <source>keep</source>
   <translation>оставить</translation>
  </message>
  <message>
   <source>Case code</source>
   <translation>Код случая</translation>
  </message>
  <message>
   <source>Paper</source>
   <translation>Бумага</translation>
  </message>
  <message>
   <source>Letter</source>
   <translation>Letter</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>Язык</translation>
  </message>
  <message>
   <source>mm</source>
   <translation>мм</translation>
  </message>
  <message>
   <source>none</source>
   <translation>нет</translation>
  </message>
  <message>
   <source>pieces along its edge</source>
   <translation>участков края</translation>
  </message>
  <message>
   <source>directions around</source>
   <translation>направлений вокруг</translation>
  </message>
  <message>
   <source>orbital margin</source>
   <translation>край глазницы</translation>
  </message>
  <message>
   <source>joint of the jaw</source>
   <translation>височно-нижнечелюстной сустав</translation>
  </message>
  <message>
   <source>ear canal</source>
   <translation>слуховой проход</translation>
  </message>
  <message>
   <source>foramen ovale</source>
   <translation>овальное отверстие</translation>
  </message>
  <message>
   <source>foramen magnum</source>
   <translation>большое затылочное отверстие</translation>
  </message>
  <message>
   <source>the input is a bone mask or a model, which has no soft tissue; restore the CT itself</source>
   <translation>входные данные — маска кости или модель без мягких тканей; восстановите саму КТ</translation>
  </message>
  <message>
   <source>the skin was not found; the scan may end at it</source>
   <translation>кожа не найдена; возможно, снимок на ней обрывается</translation>
  </message>
  <message>
   <source>the defect is not over the temporal muscle</source>
   <translation>дефект не над височной мышцей</translation>
  </message>
  <message>
   <source>the other side is not sound, or its skin is not in the scan, opposite the defect</source>
   <translation>напротив дефекта другая сторона не цела, или её кожи нет на снимке</translation>
  </message>
  <message>
   <source>next to the defect there is too little bone under muscle to measure how much of it is left</source>
   <translation>рядом с дефектом слишком мало кости под мышцей, чтобы измерить, сколько её осталось</translation>
  </message>
  <message>
   <source>nowhere would it be lower than on the other side by more than 0.5 mm</source>
   <translation>нигде она не была бы ниже, чем на другой стороне, более чем на 0,5 мм</translation>
  </message>
  <message>
   <source>recesses</source>
   <translation>углубления</translation>
  </message>
  <message>
   <source>universal</source>
   <translation>универсальная</translation>
  </message>
  <message>
   <source>micro 1.2</source>
   <translation>микро 1.2</translation>
  </message>
  <message>
   <source>neuro 1.5</source>
   <translation>нейро 1.5</translation>
  </message>
  <message>
   <source>mini 2.0</source>
   <translation>мини 2.0</translation>
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
   <translation>титан</translation>
  </message>
  <message>
   <source>UHMWPE</source>
   <translation>UHMWPE</translation>
  </message>
  <message>
   <source>hydroxyapatite</source>
   <translation>гидроксиапатит</translation>
  </message>
  <message>
   <source>PDF report</source>
   <translation>отчёт PDF</translation>
  </message>
  <message>
   <source>DICOM objects</source>
   <translation>объекты DICOM</translation>
  </message>
  <message>
   <source>The drawing template</source>
   <translation>Разметочный шаблон</translation>
  </message>
  <message>
   <source>The cutting guide</source>
   <translation>Направитель распила</translation>
  </message>
  <message>
   <source>The drawing template, cut</source>
   <translation>Разметочный шаблон, в разрезе</translation>
  </message>
  <message>
   <source>The cutting guide, cut</source>
   <translation>Направитель распила, в разрезе</translation>
  </message>
  <message>
   <source>The margin ring, cut</source>
   <translation>Краевое кольцо, в разрезе</translation>
  </message>
  <message>
   <source>on</source>
   <translation>вкл.</translation>
  </message>
  <message>
   <source>off</source>
   <translation>выкл.</translation>
  </message>
  <message>
   <source>they</source>
   <translation>их</translation>
  </message>
  <message>
   <source>outer half of the mould</source>
   <translation>наружная половина формы</translation>
  </message>
  <message>
   <source>inner half of the mould</source>
   <translation>внутренняя половина формы</translation>
  </message>
  <message>
   <source>there are {1} more such gaps</source>
   <translation>есть ещё такие места: {1}</translation>
  </message>
  <message>
   <source>; there are {1} more such gaps</source>
   <translation>; есть ещё такие места: {1}</translation>
  </message>
  <message>
   <source>, and more</source>
   <translation>и другие</translation>
  </message>
  <message>
   <source>{1} (not passed)</source>
   <translation>{1} (не пройдено)</translation>
  </message>
  <message>
   <source>Implant {1}, {2}</source>
   <translation>Имплант {1}, {2}</translation>
  </message>
  <message>
   <source>nowhere would it be lower than on the other side by more than {1} mm</source>
   <translation>нигде она не была бы ниже, чем на другой стороне, более чем на {1} мм</translation>
  </message>
  <message>
   <source>mm raised</source>
   <translation>мм подъёма</translation>
  </message>
  <message>
   <source>everywhere</source>
   <translation>везде</translation>
  </message>
  <message>
   <source>tabs</source>
   <translation>лапки</translation>
  </message>
  <message>
   <source>Object {1}: {2}</source>
   <translation>Объект {1}: {2}</translation>
  </message>
  <message>
   <source>Objects that stay</source>
   <translation>Объекты, которые остаются</translation>
  </message>
  <message>
   <source>Objects that go</source>
   <translation>Объекты, которые убираются</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreReport</name>
  <message>
   <source>From the front</source>
   <translation>Спереди</translation>
  </message>
  <message>
   <source>From the back</source>
   <translation>Сзади</translation>
  </message>
  <message>
   <source>From the left</source>
   <translation>Слева</translation>
  </message>
  <message>
   <source>From the right</source>
   <translation>Справа</translation>
  </message>
  <message>
   <source>From above</source>
   <translation>Сверху</translation>
  </message>
  <message>
   <source>SIDE NOT KNOWN: nothing here says which side is left. Compare with the patient before the result is used.</source>
   <translation>СТОРОНА НЕИЗВЕСТНА: здесь ничто не указывает, где лево. Сверьте с пациентом, прежде чем использовать результат.</translation>
  </message>
  <message>
   <source>Revision {1}. Changed against revision {2}: {3}.</source>
   <translation>Версия {1}. Изменено по сравнению с версией {2}: {3}.</translation>
  </message>
  <message>
   <source>{1}: skull, with the restored surface of {2} in blue-green.</source>
   <translation>{1}: череп, восстановленная поверхность сине-зелёная: {2}.</translation>
  </message>
  <message>
   <source>{1} N at the weakest place</source>
   <translation>{1} Н в самом слабом месте</translation>
  </message>
  <message>
   <source>{1} mmHg from inside</source>
   <translation>{1} мм рт. ст. изнутри</translation>
  </message>
  <message>
   <source>unknown</source>
   <translation>неизвестно</translation>
  </message>
  <message>
   <source>{1}. view chosen by the user</source>
   <translation>Вид {1}, выбранный пользователем</translation>
  </message>
  <message>
   <source>Straight at object {1}, {2}; nothing restored is over it</source>
   <translation>Прямо на предмет {1}, {2}; восстановленное над ним не показано</translation>
  </message>
  <message>
   <source>Straight at defect {1}</source>
   <translation>Прямо на дефект {1}</translation>
  </message>
  <message>
   <source>Section {1}; the letters name the patient's sides.</source>
   <translation>Сечение {1}; буквы — стороны пациента.</translation>
  </message>
  <message>
   <source>Seen from outside; the arrow shows how it is put in.</source>
   <translation>Снаружи; стрелка показывает, как его устанавливают.</translation>
  </message>
  <message>
   <source>Seen from inside the head.</source>
   <translation>Изнутри головы.</translation>
  </message>
  <message>
   <source>Cut through the middle along the insertion direction, and its two ends enlarged.</source>
   <translation>Разрез через середину вдоль направления установки и оба его конца крупно.</translation>
  </message>
  <message>
   <source>Thickness along the surface's normal, mm; at the rim the edge ends it.</source>
   <translation>Толщина по нормали к поверхности, мм; у края её ограничивает кромка.</translation>
  </message>
  <message>
   <source>Distance to the bone, mm, seen from inside; grey is far from bone.</source>
   <translation>Расстояние до кости, мм, вид изнутри; серое — далеко от кости.</translation>
  </message>
  <message>
   <source>Step of the outer face to the bone's outer table along the rim, mm: red stands out, blue is lower.</source>
   <translation>Уступ к наружной пластинке вдоль края, мм: красное выступает, синее ниже.</translation>
  </message>
  <message>
   <source>How far the outer face is raised over the restored surface for the skin, mm.</source>
   <translation>Насколько наружная сторона поднята над восстановленной поверхностью ради кожи, мм.</translation>
  </message>
  <message>
   <source>Estimated safety factor under a push at each place; dark places are weak.</source>
   <translation>Оценка запаса прочности при нажатии в каждом месте; тёмные места слабые.</translation>
  </message>
  <message>
   <source>Estimated deflection under a push at the weakest place, mm.</source>
   <translation>Оценка прогиба при нажатии в самом слабом месте, мм.</translation>
  </message>
  <message>
   <source>Where the sections are, seen from outside.</source>
   <translation>Где проходят сечения, вид снаружи.</translation>
  </message>
  <message>
   <source>Restored surface against the reference, mm: red is too high, blue too low.</source>
   <translation>Восстановленная поверхность и эталон, мм: красное слишком высоко, синее слишком низко.</translation>
  </message>
  <message>
   <source>Picture of the 3D view, as the user turned it and chose what is shown.</source>
   <translation>Изображение трёхмерного вида в том повороте и составе, какие выбрал пользователь.</translation>
  </message>
  <message>
   <source>{1}: skull; no defect of the vault was found.</source>
   <translation>{1}: череп; дефект свода не найден.</translation>
  </message>
  <message>
   <source>There is no line for a signature, because {1}.</source>
   <translation>Строки для подписи нет, потому что {1}.</translation>
  </message>
  <message>
   <source>{1} and {2}</source>
   <translation>{1} и {2}</translation>
  </message>
  <message>
   <source>Purple rings in the pictures show the places.</source>
   <translation>Фиолетовые кольца на изображениях показывают эти места.</translation>
  </message>
  <message>
   <source>{1} mL</source>
   <translation>{1} мл</translation>
  </message>
  <message>
   <source>{1} mm</source>
   <translation>{1} мм</translation>
  </message>
  <message>
   <source>passed</source>
   <translation>пройдены</translation>
  </message>
  <message>
   <source>NOT PASSED</source>
   <translation>НЕ ПРОЙДЕНЫ</translation>
  </message>
  <message>
   <source>not measured</source>
   <translation>не измерялось</translation>
  </message>
  <message>
   <source>{1} (asked: {2})</source>
   <translation>{1} (задано: {2})</translation>
  </message>
  <message>
   <source>yes</source>
   <translation>да</translation>
  </message>
  <message>
   <source>From one side</source>
   <translation>С одной стороны</translation>
  </message>
  <message>
   <source>From the other side</source>
   <translation>С другой стороны</translation>
  </message>
  <message>
   <source>defect {1} ({2}, {3} cm²)</source>
   <translation>дефект {1} ({2}, {3} см²)</translation>
  </message>
  <message>
   <source>implant {1} did not pass all checks</source>
   <translation>имплант {1} прошёл не все проверки</translation>
  </message>
  <message>
   <source>defect {1} has no implant</source>
   <translation>у дефекта {1} нет импланта</translation>
  </message>
  <message>
   <source>implants {1} did not pass all checks</source>
   <translation>импланты {1} прошли не все проверки</translation>
  </message>
  <message>
   <source>defects {1} have no implant</source>
   <translation>у дефектов {1} нет имплантов</translation>
  </message>
  <message>
   <source>All checks, parts and mould included</source>
   <translation>Все проверки, включая части и форму</translation>
  </message>
  <message>
   <source>Closed, manifold, turned outwards, free of cuts</source>
   <translation>Замкнут, без неоднозначных рёбер, обращён наружу, без самопересечений</translation>
  </message>
  <message>
   <source>Places at which it reaches into bone</source>
   <translation>Места, где он входит в кость</translation>
  </message>
  <message>
   <source>Thickness away from the rim, mm: least, median, most</source>
   <translation>Толщина вдали от края, мм: мин., медиана, макс.</translation>
  </message>
  <message>
   <source>Thinnest edge, mm</source>
   <translation>Самая тонкая кромка, мм</translation>
  </message>
  <message>
   <source>Defect covered, without and with the gap</source>
   <translation>Дефект закрыт, без зазора и с ним</translation>
  </message>
  <message>
   <source>Not covered although no bone is there, cm²</source>
   <translation>Не закрыто, хотя кости там нет, см²</translation>
  </message>
  <message>
   <source>Undercut bone, mm²</source>
   <translation>Кость с поднутрением, мм²</translation>
  </message>
  <message>
   <source>Volume, mL</source>
   <translation>Объём, мл</translation>
  </message>
  <message>
   <source>Mass in {1}, g</source>
   <translation>Масса ({1}), г</translation>
  </message>
  <message>
   <source>Mass in other materials, g</source>
   <translation>Масса в других материалах, г</translation>
  </message>
  <message>
   <source>Size for printing, mm</source>
   <translation>Размер для печати, мм</translation>
  </message>
  <message>
   <source>Triangles</source>
   <translation>Треугольники</translation>
  </message>
  <message>
   <source>Moved by thinning out the triangles, mm</source>
   <translation>Сдвиг при прореживании треугольников, мм</translation>
  </message>
  <message>
   <source>at most {1}</source>
   <translation>не более {1}</translation>
  </message>
  <message>
   <source>Outer face raised for the skin, mm: most</source>
   <translation>Наружная сторона поднята ради кожи, мм: не более</translation>
  </message>
  <message>
   <source>Muscle left over the bone around the defect</source>
   <translation>Мышца, оставшаяся над костью вокруг дефекта</translation>
  </message>
  <message>
   <source>{1} %</source>
   <translation>{1} %</translation>
  </message>
  <message>
   <source>Skin expected over {1} cm² to the mirrored skin, mm: mean, 95 %</source>
   <translation>Ожидаемая кожа на {1} см² до зеркальной кожи, мм: среднее, 95 %</translation>
  </message>
  <message>
   <source>The same if it were not raised</source>
   <translation>То же без подъёма</translation>
  </message>
  <message>
   <source>Strength, an estimate for research: held at</source>
   <translation>Прочность, оценка для исследований: закрепление</translation>
  </message>
  <message>
   <source>its rim</source>
   <translation>по краю</translation>
  </message>
  <message>
   <source>its fixations</source>
   <translation>в местах фиксации</translation>
  </message>
  <message>
   <source>Weakest place (x, y, z in RAS), mm</source>
   <translation>Самое слабое место (x, y, z в RAS), мм</translation>
  </message>
  <message>
   <source>Safety factor under {1}</source>
   <translation>Запас прочности при {1}</translation>
  </message>
  <message>
   <source>Deflection under {1}, mm</source>
   <translation>Прогиб при {1}, мм</translation>
  </message>
  <message>
   <source>Clearance at the body's edge, mm: least, median, most</source>
   <translation>Зазор у кромки, мм: мин., медиана, макс.</translation>
  </message>
  <message>
   <source>The same seen from the bone, notches included, mm</source>
   <translation>То же со стороны кости, с выемками, мм</translation>
  </message>
  <message>
   <source>Margin with clearance within 0.3 mm</source>
   <translation>Край с зазором в пределах 0.3 мм</translation>
  </message>
  <message>
   <source>{1} mm from the implant</source>
   <translation>{1} мм от импланта</translation>
  </message>
  <message>
   <source>{1} mm from the next part</source>
   <translation>{1} мм от соседней части</translation>
  </message>
  <message>
   <source>at most {1} mm off the implant, {2} mm² catch</source>
   <translation>не более {1} мм от импланта, цепляет {2} мм²</translation>
  </message>
  <message>
   <source>{1} {1|channel|channels} open</source>
   <translation>открыт{1||о|о} {1} {1|канал|канала|каналов}</translation>
  </message>
  <message>
   <source>{1}, withheld</source>
   <translation>{1}, не выдаётся</translation>
  </message>
  <message>
   <source>NO</source>
   <translation>НЕТ</translation>
  </message>
  <message>
   <source>Thickness against what was asked at its place, mm: least, median, most</source>
   <translation>Толщина относительно заданной на месте, мм: мин., медиана, макс.</translation>
  </message>
  <message>
   <source>Least material next to a hole, mm</source>
   <translation>Наименьшее расстояние от отверстия до края материала, мм</translation>
  </message>
  <message>
   <source>Depth of the label, mm</source>
   <translation>Глубина надписи, мм</translation>
  </message>
  <message>
   <source>Step to the outer table along the rim, mm: least, median, most</source>
   <translation>Уступ к наружной пластинке вдоль края, мм: мин., медиана, макс.</translation>
  </message>
  <message>
   <source>By the head frame, about how far from it, mm</source>
   <translation>По системе координат головы, расстояние примерно, мм</translation>
  </message>
  <message>
   <source>Insertion direction (x, y, z in RAS)</source>
   <translation>Направление установки (x, y, z в RAS)</translation>
  </message>
  <message>
   <source>Gap under the rim that rests on the bone, mm: least, median, most</source>
   <translation>Зазор под лежащим на кости краем, мм: мин., медиана, макс.</translation>
  </message>
  <message>
   <source>no bone</source>
   <translation>нет кости</translation>
  </message>
  <message>
   <source>Below the area limit of {1} cm².</source>
   <translation>Меньше предела площади {1} см².</translation>
  </message>
  <message>
   <source>{1} {1|defect|defects} restored, {2} cm² in all.</source>
   <translation>Восстановлено: {1} {1|дефект|дефекта|дефектов}, всего {2} см².</translation>
  </message>
  <message>
   <source>What was measured on implant {1}, which is withheld</source>
   <translation>Измерено на импланте {1}, который не выдаётся</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks. It is only written as {2}; do not print it.</source>
   <translation>Имплант {1} не прошёл проверки. Он записан только как {2}; не печатайте его.</translation>
  </message>
  <message>
   <source>Case {1}, revision {2} of {3}</source>
   <translation>Случай {1}, версия {2} от {3}</translation>
  </message>
  <message>
   <source>Order of assembly: {1}. The outer half of each joint covers the part that is in already.</source>
   <translation>Порядок сборки: {1}. Наружная половина каждого стыка накрывает уже установленную часть.</translation>
  </message>
  <message>
   <source>Reference points moved by hand: {1}.</source>
   <translation>Опорные точки, сдвинутые вручную: {1}.</translation>
  </message>
  <message>
   <source>What was measured on {1}</source>
   <translation>Измерено на {1}</translation>
  </message>
  <message>
   <source>No implant could be made for defect {1}.</source>
   <translation>Для дефекта {1} имплант создать не удалось.</translation>
  </message>
  <message>
   <source>Implant {1} did not pass its checks. Its files are withheld.</source>
   <translation>Имплант {1} не прошёл проверки. Его файлы не выдаются.</translation>
  </message>
  <message>
   <source>R right, L left</source>
   <translation>R справа, L слева</translation>
  </message>
  <message>
   <source>? one side or the other</source>
   <translation>? одна или другая сторона</translation>
  </message>
  <message>
   <source>{1} uncertain</source>
   <translation>сомнительных: {1}</translation>
  </message>
  <message>
   <source>{1} moved by hand</source>
   <translation>сдвинуто вручную: {1}</translation>
  </message>
  <message>
   <source>partly open: runs into the base or the edge of the scan</source>
   <translation>частично открыт: уходит в основание или край снимка</translation>
  </message>
  <message>
   <source>closed</source>
   <translation>замкнут</translation>
  </message>
  <message>
   <source>no implant was made</source>
   <translation>имплант не создан</translation>
  </message>
  <message>
   <source>withheld</source>
   <translation>не выдаётся</translation>
  </message>
  <message>
   <source>skull</source>
   <translation>череп</translation>
  </message>
  <message>
   <source>restored surface</source>
   <translation>восстановленная поверхность</translation>
  </message>
  <message>
   <source>margin</source>
   <translation>край</translation>
  </message>
  <message>
   <source>reference point</source>
   <translation>опорная точка</translation>
  </message>
  <message>
   <source>uncertain reference point (confidence below {1}): check it</source>
   <translation>сомнительная опорная точка (уверенность ниже {1}): проверьте</translation>
  </message>
  <message>
   <source>{1}, A front, P back, S up, I down: sides of the patient</source>
   <translation>{1}, A спереди, P сзади, S сверху, I снизу: стороны пациента</translation>
  </message>
  <message>
   <source>Input</source>
   <translation>Исходные данные</translation>
  </message>
  <message>
   <source>CT</source>
   <translation>КТ</translation>
  </message>
  <message>
   <source>bone mask</source>
   <translation>маска кости</translation>
  </message>
  <message>
   <source>skull model</source>
   <translation>модель черепа</translation>
  </message>
  <message>
   <source>{1} (found from the image)</source>
   <translation>{1} (найдено по изображению)</translation>
  </message>
  <message>
   <source>Fit of the head frame, mm</source>
   <translation>Точность системы головы, мм</translation>
  </message>
  <message>
   <source>Vault covered by bone</source>
   <translation>Свод, покрытый костью</translation>
  </message>
  <message>
   <source>Smallest defect restored, cm²</source>
   <translation>Наименьший восстанавливаемый дефект, см²</translation>
  </message>
  <message>
   <source>Reference points asked for</source>
   <translation>Задано опорных точек</translation>
  </message>
  <message>
   <source>{1} per defect</source>
   <translation>{1} на дефект</translation>
  </message>
  <message>
   <source>Fullness</source>
   <translation>Выпуклость</translation>
  </message>
  <message>
   <source>{1} SD: {2}</source>
   <translation>{1} СО: {2}</translation>
  </message>
  <message>
   <source>Grid level, device</source>
   <translation>Уровень сетки, устройство</translation>
  </message>
  <message>
   <source>Total time, s</source>
   <translation>Общее время, с</translation>
  </message>
  <message>
   <source>Peak memory, MB</source>
   <translation>Пик памяти, МБ</translation>
  </message>
  <message>
   <source>Weights, SHA-256</source>
   <translation>Веса, SHA-256</translation>
  </message>
  <message>
   <source>Case code</source>
   <translation>Код случая</translation>
  </message>
  <message>
   <source>Revision and date</source>
   <translation>Версия и дата</translation>
  </message>
  <message>
   <source>{1}, made on {2}</source>
   <translation>{1}, создано {2}</translation>
  </message>
  <message>
   <source>Side</source>
   <translation>Сторона</translation>
  </message>
  <message>
   <source>Date of the CT</source>
   <translation>Дата КТ</translation>
  </message>
  <message>
   <source>Slice thickness, mm</source>
   <translation>Толщина среза, мм</translation>
  </message>
  <message>
   <source>Kernel</source>
   <translation>Фильтр</translation>
  </message>
  <message>
   <source>{1} first</source>
   <translation>сначала {1}</translation>
  </message>
  <message>
   <source>Up when printed (x, y, z in the file, LPS)</source>
   <translation>Вверх при печати (x, y, z в файле, LPS)</translation>
  </message>
  <message>
   <source>Supports</source>
   <translation>Поддержки</translation>
  </message>
  <message>
   <source>under the inner face only; the outer face is up</source>
   <translation>только под внутренней поверхностью; наружная обращена вверх</translation>
  </message>
  <message>
   <source>Height and footprint, mm</source>
   <translation>Высота и основание, мм</translation>
  </message>
  <message>
   <source>Tolerance of the printed body, mm</source>
   <translation>Допуск напечатанного тела, мм</translation>
  </message>
  <message>
   <source>object in the hole</source>
   <translation>объект в дефекте</translation>
  </message>
  <message>
   <source>Voxels</source>
   <translation>Воксели</translation>
  </message>
  <message>
   <source>Voxel size, mm</source>
   <translation>Размер вокселя, мм</translation>
  </message>
  <message>
   <source>Bone threshold, HU</source>
   <translation>Порог кости, HU</translation>
  </message>
  <message>
   <source>Series UID</source>
   <translation>UID серии</translation>
  </message>
  <message>
   <source>no defect</source>
   <translation>нет дефекта</translation>
  </message>
  <message>
   <source>not known</source>
   <translation>неизвестно</translation>
  </message>
  <message>
   <source>Implant: {1}</source>
   <translation>Имплант: {1}</translation>
  </message>
  <message>
   <source>Time for '{1}', s</source>
   <translation>Время: «{1}», с</translation>
  </message>
  <message>
   <source>then {1}</source>
   <translation>затем {1}</translation>
  </message>
  <message>
   <source>{1}, up to {2} mm from the line</source>
   <translation>{1}, до {2} мм от линии</translation>
  </message>
  <message>
   <source>The restored surface is {1} mm farther out than the mirrored other side in the median; 95 % of it differ by less than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error.</source>
   <translation>Восстановленная поверхность по медиане на {1} мм выступает наружу относительно отражённой другой стороны; на 95 % площади отличие меньше {2} мм (сравнить удалось {3} %). Головы несимметричны: это не ошибка.</translation>
  </message>
  <message>
   <source>The restored surface is {1} mm farther in than the mirrored other side in the median; 95 % of it differ by less than {2} mm ({3} % of it could be compared). Heads are not symmetric: this is no error.</source>
   <translation>Восстановленная поверхность по медиане на {1} мм глубже отражённой другой стороны; на 95 % площади отличие меньше {2} мм (сравнить удалось {3} %). Головы несимметричны: это не ошибка.</translation>
  </message>
  <message>
   <source>kerf {1} mm, {2}</source>
   <translation>ширина пропила {1} мм, {2}</translation>
  </message>
  <message>
   <source>wall {1}</source>
   <translation>стенка: {1}</translation>
  </message>
  <message>
   <source>none</source>
   <translation>нет</translation>
  </message>
  <message>
   <source>Nothing can be compared: the other side is missing, or the opening crosses the mid-line.</source>
   <translation>Сравнить нечего: другой стороны нет или окно пересекает среднюю линию.</translation>
  </message>
  <message>
   <source>Research use only. Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Только для исследований. Не одобрено ни одним ведомством; каждый проект должен утвердить квалифицированный врач.</translation>
  </message>
  <message>
   <source>Resection plan</source>
   <translation>План резекции</translation>
  </message>
  <message>
   <source>The frontal sinus is measured in this CT. The venous sinuses, mastoid and orbit are where they are in most heads: check them in the images.</source>
   <translation>Лобная пазуха измерена на этой КТ. Венозные синусы, сосцевидный отросток и глазница указаны там, где они у большинства людей: проверьте их по изображениям.</translation>
  </message>
  <message>
   <source>Against the mirrored other side</source>
   <translation>В сравнении с отражённой другой стороной</translation>
  </message>
  <message>
   <source>outside the line</source>
   <translation>снаружи линии</translation>
  </message>
  <message>
   <source>half on each side of the line</source>
   <translation>поровну по обе стороны линии</translation>
  </message>
  <message>
   <source>inside the line</source>
   <translation>внутри линии</translation>
  </message>
  <message>
   <source>Area inside the line</source>
   <translation>Площадь внутри линии</translation>
  </message>
  <message>
   <source>{1} cm²</source>
   <translation>{1} см²</translation>
  </message>
  <message>
   <source>Length of the line</source>
   <translation>Длина линии</translation>
  </message>
  <message>
   <source>{1} mm; it bends with a radius of at least {2} mm</source>
   <translation>{1} мм; наименьший радиус изгиба {2} мм</translation>
  </message>
  <message>
   <source>Cut</source>
   <translation>Распил</translation>
  </message>
  <message>
   <source>The opening</source>
   <translation>Окно</translation>
  </message>
  <message>
   <source>is defect {1} of the report, where its implant is</source>
   <translation>это дефект {1} в отчёте, там же имплант</translation>
  </message>
  <message>
   <source>outer face {1}° from upwards</source>
   <translation>наружная поверхность {1}° от вертикали</translation>
  </message>
  <message>
   <source>{1} cm², {2} on the inner face</source>
   <translation>{1} см², из них {2} на внутренней</translation>
  </message>
  <message>
   <source>Warnings</source>
   <translation>Предупреждения</translation>
  </message>
  <message>
   <source>Distances of the line</source>
   <translation>Расстояния от линии</translation>
  </message>
  <message>
   <source>Guides</source>
   <translation>Шаблоны</translation>
  </message>
  <message>
   <source>To be printed</source>
   <translation>На печать</translation>
  </message>
  <message>
   <source>Supports leave marks: orientations with little overhang on the face towards dura and bone come first. The rotation into each orientation is in plan.json.</source>
   <translation>Поддержки оставляют следы: первыми идут положения с малым нависанием на стороне твёрдой оболочки и кости. Поворот в каждое положение — в plan.json.</translation>
  </message>
  <message>
   <source>Pictures</source>
   <translation>Изображения</translation>
  </message>
  <message>
   <source>crossed or enclosed</source>
   <translation>пересечён или охвачен</translation>
  </message>
  <message>
   <source>Withheld: {1}</source>
   <translation>Не выдаётся: {1}</translation>
  </message>
  <message>
   <source>Guide</source>
   <translation>Шаблон</translation>
  </message>
  <message>
   <source>Edge off the line (95 %)</source>
   <translation>Отклонение кромки от линии (95 %)</translation>
  </message>
  <message>
   <source>Contact</source>
   <translation>Прилегание</translation>
  </message>
  <message>
   <source>Feet</source>
   <translation>Опоры</translation>
  </message>
  <message>
   <source>Play</source>
   <translation>Люфт</translation>
  </message>
  <message>
   <source>Size</source>
   <translation>Размер</translation>
  </message>
  <message>
   <source>Volume</source>
   <translation>Объём</translation>
  </message>
  <message>
   <source>Part</source>
   <translation>Часть</translation>
  </message>
  <message>
   <source>File</source>
   <translation>Файл</translation>
  </message>
  <message>
   <source>Material</source>
   <translation>Материал</translation>
  </message>
  <message>
   <source>Orientation</source>
   <translation>Положение</translation>
  </message>
  <message>
   <source>Overhang</source>
   <translation>Нависание</translation>
  </message>
  <message>
   <source>Height</source>
   <translation>Высота</translation>
  </message>
  <message>
   <source>On the bed</source>
   <translation>На столе</translation>
  </message>
  <message>
   <source>{1}° bevel</source>
   <translation>скос {1}°</translation>
  </message>
  <message>
   <source>{1} mm²</source>
   <translation>{1} мм²</translation>
  </message>
  <message>
   <source>{1} mm, {2}°</source>
   <translation>{1} мм, {2}°</translation>
  </message>
  <message>
   <source>SkullRestore {1}, weights {2}</source>
   <translation>SkullRestore {1}, веса {2}</translation>
  </message>
  <message>
   <source>Approved</source>
   <translation>Утверждено</translation>
  </message>
  <message>
   <source>Approved with changes</source>
   <translation>Утверждено с изменениями</translation>
  </message>
  <message>
   <source>Rejected</source>
   <translation>Отклонено</translation>
  </message>
  <message>
   <source>Skull restoration</source>
   <translation>Восстановление черепа</translation>
  </message>
  <message>
   <source>Checks that were not passed</source>
   <translation>Непройденные проверки</translation>
  </message>
  <message>
   <source>Defect {1}: {2}</source>
   <translation>Дефект {1}: {2}</translation>
  </message>
  <message>
   <source>Design checked by a qualified clinician:</source>
   <translation>Проект проверен квалифицированным врачом:</translation>
  </message>
  <message>
   <source>Files of meshes, volumes and points are in LPS millimetres. Positions in restoration.json are in RAS millimetres.</source>
   <translation>Файлы сеток, объёмов и точек — в миллиметрах LPS. Положения в restoration.json — в миллиметрах RAS. Десятичный разделитель — точка.</translation>
  </message>
  <message>
   <source>No defect of the skull vault was found. There is nothing to restore; no implant was made.</source>
   <translation>Дефект свода черепа не найден. Восстанавливать нечего; имплант не создан.</translation>
  </message>
  <message>
   <source>Defects</source>
   <translation>Дефекты</translation>
  </message>
  <message>
   <source>Implants</source>
   <translation>Импланты</translation>
  </message>
  <message>
   <source>Small holes, not restored</source>
   <translation>Малые дефекты, не восстановлены</translation>
  </message>
  <message>
   <source>Notes</source>
   <translation>Примечания</translation>
  </message>
  <message>
   <source>Fixation (positions in RAS)</source>
   <translation>Фиксация (положения в RAS)</translation>
  </message>
  <message>
   <source>name</source>
   <translation>фамилия</translation>
  </message>
  <message>
   <source>signature</source>
   <translation>подпись</translation>
  </message>
  <message>
   <source>date</source>
   <translation>дата</translation>
  </message>
  <message>
   <source>How it was made</source>
   <translation>Как это сделано</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>Файлы</translation>
  </message>
  <message>
   <source>A report cannot hold its own checksum. Those of report.html and report.pdf are in restoration.json, which holds all but its own. Files that were put into the folder later are not listed.</source>
   <translation>Отчёт не может содержать собственную контрольную сумму. Суммы report.html и report.pdf — в restoration.json, где есть все, кроме его собственной. Файлы, добавленные в папку позже, не перечислены.</translation>
  </message>
  <message>
   <source>No.</source>
   <translation>№</translation>
  </message>
  <message>
   <source>Place</source>
   <translation>Место</translation>
  </message>
  <message>
   <source>Area, cm²</source>
   <translation>Площадь, см²</translation>
  </message>
  <message>
   <source>Width × depth × height, mm</source>
   <translation>Ширина × глубина × высота, мм</translation>
  </message>
  <message>
   <source>Reference points</source>
   <translation>Опорные точки</translation>
  </message>
  <message>
   <source>Margin</source>
   <translation>Край</translation>
  </message>
  <message>
   <source>Standard error of surface, mm</source>
   <translation>Станд. ошибка поверхности, мм</translation>
  </message>
  <message>
   <source>For defect</source>
   <translation>Для дефекта</translation>
  </message>
  <message>
   <source>Thickness, mm</source>
   <translation>Толщина, мм</translation>
  </message>
  <message>
   <source>Clearance to bone, mm</source>
   <translation>Зазор с костью, мм</translation>
  </message>
  <message>
   <source>All checks</source>
   <translation>Все проверки</translation>
  </message>
  <message>
   <source>What</source>
   <translation>Что</translation>
  </message>
  <message>
   <source>x (right), mm</source>
   <translation>x (вправо), мм</translation>
  </message>
  <message>
   <source>y (front), mm</source>
   <translation>y (вперёд), мм</translation>
  </message>
  <message>
   <source>z (up), mm</source>
   <translation>z (вверх), мм</translation>
  </message>
  <message>
   <source>Screw towards (x, y, z)</source>
   <translation>Направление винта (x, y, z)</translation>
  </message>
  <message>
   <source>Printing</source>
   <translation>Печать</translation>
  </message>
  <message>
   <source>Bytes</source>
   <translation>Байты</translation>
  </message>
  <message>
   <source>SHA-256</source>
   <translation>SHA-256</translation>
  </message>
  <message>
   <source>The network weights and shape statistics (licence CC BY-NC-SA 4.0) were learnt from SkullFix (Kodym et al., Data in Brief 35:106902, 2021), which was made from CQ500 (Chilamkurthy et al., Lancet 2018).</source>
   <translation>Веса сети и статистика форм (лицензия CC BY-NC-SA 4.0) получены по SkullFix (Kodym et al., Data in Brief 35:106902, 2021), созданному из CQ500 (Chilamkurthy et al., Lancet 2018).</translation>
  </message>
  <message>
   <source>Method after Mishinov SV, Saratov Medical Journal 2023; 4(1): e0102.</source>
   <translation>Метод по: Мишинов С. В., Саратовский медицинский журнал (Saratov Medical Journal) 2023; 4(1): e0102.</translation>
  </message>
  <message>
   <source>Settings of this implant</source>
   <translation>Настройки этого импланта</translation>
  </message>
  <message>
   <source>page {1} of {2}</source>
   <translation>стр. {1} из {2}</translation>
  </message>
  <message>
   <source>Implant {1}.</source>
   <translation>Имплант {1}.</translation>
  </message>
  <message>
   <source>SkullRestore report</source>
   <translation>Отчёт SkullRestore</translation>
  </message>
 </context>
 <context>
  <name>SkullRestoreWeb</name>
  <message>
   <source>Case that is open</source>
   <translation>Открытый случай</translation>
  </message>
  <message>
   <source>Uploading</source>
   <translation>Загрузка</translation>
  </message>
  <message>
   <source>Upload</source>
   <translation>Загрузка</translation>
  </message>
  <message>
   <source>Undo (Ctrl+Z)</source>
   <translation>Отменить (Ctrl+Z)</translation>
  </message>
  <message>
   <source>Redo (Ctrl+Y)</source>
   <translation>Повторить (Ctrl+Y)</translation>
  </message>
  <message>
   <source>Signing out closes the case.</source>
   <translation>При выходе случай закрывается.</translation>
  </message>
  <message>
   <source>Sign out</source>
   <translation>Выйти</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>Шаги</translation>
  </message>
  <message>
   <source>Input</source>
   <translation>Исходные данные</translation>
  </message>
  <message>
   <source>A CT of the patient's head with the defect: the complete head, slices of 1 mm or thinner, bone kernel.</source>
   <translation>КТ головы пациента с дефектом: вся голова, срезы не толще 1 мм, костный фильтр.</translation>
  </message>
  <message>
   <source>DICOM folder</source>
   <translation>Папка DICOM</translation>
  </message>
  <message>
   <source>File</source>
   <translation>Файл</translation>
  </message>
  <message>
   <source>File: a zip of the DICOM folder, a CT or bone mask as NRRD, NIfTI or MHA, or a skull model as STL, PLY, OBJ or VTP; or the file case.npz of an earlier result, to go on with it; up to {1} MB. You can also drop it anywhere on this page.</source>
   <translation>Файл: zip папки DICOM, КТ или маска кости в NRRD, NIfTI или MHA, либо модель черепа в STL, PLY, OBJ или VTP; либо файл case.npz прежнего результата, чтобы продолжить с ним; до {1} МБ. Его можно перетащить в любое место этой страницы.</translation>
  </message>
  <message>
   <source>This opens another case.</source>
   <translation>При этом откроется другой случай.</translation>
  </message>
  <message>
   <source>Sample case</source>
   <translation>Учебный случай</translation>
  </message>
  <message>
   <source>A synthetic head with a hole; nothing is downloaded.</source>
   <translation>Искусственная голова с дефектом; ничего не скачивается.</translation>
  </message>
  <message>
   <source>CT series</source>
   <translation>Серии КТ</translation>
  </message>
  <message>
   <source>The upload holds several CT series. Choose the head with the thinnest slices:</source>
   <translation>Загружено несколько серий КТ. Выберите голову с самыми тонкими срезами:</translation>
  </message>
  <message>
   <source>Notes about the input</source>
   <translation>Замечания об исходных данных</translation>
  </message>
  <message>
   <source>This closes the case.</source>
   <translation>При этом случай закроется.</translation>
  </message>
  <message>
   <source>Close this case</source>
   <translation>Закрыть случай</translation>
  </message>
  <message>
   <source>optional</source>
   <translation>по желанию</translation>
  </message>
  <message>
   <source>Bone threshold in HU</source>
   <translation>Порог кости, HU</translation>
  </message>
  <message>
   <source>The skull in the views was segmented with {1}. “Restore” and “Segment the bone” use what is chosen now.</source>
   <translation>Череп в окнах сегментирован с {1}. «Восстановить» и «Сегментировать кость» используют выбранное сейчас.</translation>
  </message>
  <message>
   <source>Segment the bone</source>
   <translation>Сегментировать кость</translation>
  </message>
  <message>
   <source>Small pieces of bone without connection to the skull:</source>
   <translation>Небольшие фрагменты кости без связи с черепом:</translation>
  </message>
  <message>
   <source>Remove the bone island of {1}</source>
   <translation>Удалить фрагмент кости {1}</translation>
  </message>
  <message>
   <source>Remove</source>
   <translation>Удалить</translation>
  </message>
  <message>
   <source>Defects – select one to centre the views on it</source>
   <translation>Дефекты – выберите один, чтобы навести на него виды</translation>
  </message>
  <message>
   <source>Restored</source>
   <translation>Восстанавливать</translation>
  </message>
  <message>
   <source>Place</source>
   <translation>Место</translation>
  </message>
  <message>
   <source>Area, cm²</source>
   <translation>Площадь, см²</translation>
  </message>
  <message>
   <source>Restore defect {1}</source>
   <translation>Восстановить дефект {1}</translation>
  </message>
  <message>
   <source>open margin</source>
   <translation>открытый край</translation>
  </message>
  <message>
   <source>{1} uncertain</source>
   <translation>сомнительных: {1}</translation>
  </message>
  <message>
   <source>{1} moved</source>
   <translation>{1} перемещено</translation>
  </message>
  <message>
   <source>Objects in the holes – those that are ticked go; restore again after a change</source>
   <translation>Объекты в дефектах – отмеченные убираются; после изменения восстановите снова</translation>
  </message>
  <message>
   <source>Sunk, mm</source>
   <translation>Западание, мм</translation>
  </message>
  <message>
   <source>Restore as if object {1} were not there</source>
   <translation>Восстановить, как если бы объекта {1} не было</translation>
  </message>
  <message>
   <source>restore again</source>
   <translation>восстановите снова</translation>
  </message>
  <message>
   <source>Warnings</source>
   <translation>Предупреждения</translation>
  </message>
  <message>
   <source>No defect was found. If there is one, outline it below.</source>
   <translation>Дефект не найден. Если он есть, обведите его ниже.</translation>
  </message>
  <message>
   <source>Click on the skull around the defect, at least three times; then press “Add it”.</source>
   <translation>Щёлкните по черепу вокруг дефекта не менее трёх раз, затем нажмите «Добавить».</translation>
  </message>
  <message>
   <source>Plan a resection</source>
   <translation>План резекции</translation>
  </message>
  <message>
   <source>before the bone is cut</source>
   <translation>до разреза кости</translation>
  </message>
  <message>
   <source>Draw what is removed; opening, restored surface, implant and guides are made together.</source>
   <translation>Нарисуйте, что удаляется; отверстие, восстановленная поверхность, имплант и шаблоны создаются вместе.</translation>
  </message>
  <message>
   <source>A mask of the tumour as NRRD, NIfTI or MHA; the line runs around it at the margin of the settings below</source>
   <translation>Маска опухоли в NRRD, NIfTI или MHA; линия идёт вокруг неё с отступом из настроек ниже</translation>
  </message>
  <message>
   <source>Line around a tumour</source>
   <translation>Линия вокруг опухоли</translation>
  </message>
  <message>
   <source>Click on the skull around what is removed, at least three times; press the button again to finish. Points can be dragged.</source>
   <translation>Щёлкните по черепу вокруг удаляемого не менее трёх раз; нажмите кнопку ещё раз, чтобы закончить. Точки можно перетаскивать.</translation>
  </message>
  <message>
   <source>Click on the skull in the middle of what is removed.</source>
   <translation>Щёлкните по черепу в середине удаляемого.</translation>
  </message>
  <message>
   <source>{1} points</source>
   <translation>точек: {1}</translation>
  </message>
  <message>
   <source>Warnings about the line</source>
   <translation>Предупреждения о линии</translation>
  </message>
  <message>
   <source>Keep away from – only the frontal sinus is seen in the CT: check the others</source>
   <translation>Держаться в стороне от – на КТ видна только лобная пазуха: остальное проверьте</translation>
  </message>
  <message>
   <source>The plan is not what is chosen now</source>
   <translation>План не соответствует выбранному сейчас</translation>
  </message>
  <message>
   <source>Plan again, or change it back; its files are not offered.</source>
   <translation>Спланируйте снова или верните как было; его файлы не предлагаются.</translation>
  </message>
  <message>
   <source>Guides – ticked ones are shown</source>
   <translation>Шаблоны – отмеченные показаны</translation>
  </message>
  <message>
   <source>Shown</source>
   <translation>Показан</translation>
  </message>
  <message>
   <source>mL</source>
   <translation>мл</translation>
  </message>
  <message>
   <source>Edge, mm</source>
   <translation>Край, мм</translation>
  </message>
  <message>
   <source>Show the {1}</source>
   <translation>Показать: {1}</translation>
  </message>
  <message>
   <source>Feet: {1}</source>
   <translation>Опоры: {1}</translation>
  </message>
  <message>
   <source>slides, turns by {1}</source>
   <translation>сдвиг, поворот: {1}</translation>
  </message>
  <message>
   <source>Drag a point in 3D or in a slice; the surface follows. Green points are reliable, amber ones uncertain; the point under the pointer is pink.</source>
   <translation>Перетащите точку в 3D или на срезе; поверхность следует за ней. Зелёные точки надёжны, оранжевые нет; точка под указателем розовая.</translation>
  </message>
  <message>
   <source>Click in a view; press here to finish</source>
   <translation>Щёлкните в окне; здесь закончить</translation>
  </message>
  <message>
   <source>Chosen point</source>
   <translation>Выбранная точка</translation>
  </message>
  <message>
   <source>Move the chosen point 0.5 mm outwards</source>
   <translation>Выбранную точку на 0,5 мм наружу</translation>
  </message>
  <message>
   <source>+0.5 mm</source>
   <translation>+0,5 мм</translation>
  </message>
  <message>
   <source>Move the chosen point 0.5 mm inwards</source>
   <translation>Выбранную точку на 0,5 мм внутрь</translation>
  </message>
  <message>
   <source>−0.5 mm</source>
   <translation>−0,5 мм</translation>
  </message>
  <message>
   <source>Delete the chosen point</source>
   <translation>Удалить выбранную точку</translation>
  </message>
  <message>
   <source>Delete</source>
   <translation>Удалить</translation>
  </message>
  <message>
   <source>Reset the chosen point</source>
   <translation>Вернуть выбранную точку</translation>
  </message>
  <message>
   <source>Reset</source>
   <translation>Вернуть</translation>
  </message>
  <message>
   <source>{1} of {2} points moved or placed by hand</source>
   <translation>Перемещено или поставлено вручную: {1} из {2}</translation>
  </message>
  <message>
   <source>Click at the rim; press here to finish</source>
   <translation>Щёлкайте по краю; здесь закончить</translation>
  </message>
  <message>
   <source>Choose fixation points by clicks</source>
   <translation>Выбрать точки фиксации</translation>
  </message>
  <message>
   <source>Fixation at point</source>
   <translation>Фиксация в точке</translation>
  </message>
  <message>
   <source>choose</source>
   <translation>выбрать</translation>
  </message>
  <message>
   <source>Drop the fixation at point {1}</source>
   <translation>Убрать фиксацию в точке {1}</translation>
  </message>
  <message>
   <source>Spread evenly</source>
   <translation>Распределить равномерно</translation>
  </message>
  <message>
   <source>Set by hand for implant {1}.</source>
   <translation>Задано вручную для импланта {1}.</translation>
  </message>
  <message>
   <source>Found by the program.</source>
   <translation>Найдено программой.</translation>
  </message>
  <message>
   <source>Drag the blunt end of the orange arrow in 3D, and design again.</source>
   <translation>Перетащите в 3D тупой конец оранжевой стрелки и создайте имплант снова.</translation>
  </message>
  <message>
   <source>Let the program find it</source>
   <translation>Пусть найдёт программа</translation>
  </message>
  <message>
   <source>The implant in the views and in this table was designed with other settings than those above.</source>
   <translation>Имплант в окнах и в этой таблице создан с другими настройками, чем выше.</translation>
  </message>
  <message>
   <source>Design the implant</source>
   <translation>Создать имплант</translation>
  </message>
  <message>
   <source>Checks that were not passed</source>
   <translation>Непройденные проверки</translation>
  </message>
  <message>
   <source>Such an implant is not among the files.</source>
   <translation>Такого импланта нет среди файлов.</translation>
  </message>
  <message>
   <source>Show the implant instead of the surface</source>
   <translation>Показать имплант вместо поверхности</translation>
  </message>
  <message>
   <source>Section</source>
   <translation>Сечение</translation>
  </message>
  <message>
   <source>Position of the section</source>
   <translation>Положение сечения</translation>
  </message>
  <message>
   <source>The skull is cut in 3D where the slice “Section” is. It shows the edge of the implant too; scrolling in it moves the cut.</source>
   <translation>Череп в 3D разрезан там, где проходит срез «Сечение». На нём виден и контур импланта; прокрутка двигает разрез.</translation>
  </message>
  <message>
   <source>yes</source>
   <translation>да</translation>
  </message>
  <message>
   <source>no</source>
   <translation>нет</translation>
  </message>
  <message>
   <source>With the same patient's skull before the operation.</source>
   <translation>С черепом того же пациента до операции.</translation>
  </message>
  <message>
   <source>Or drop the skull before the operation here. Files dropped elsewhere open a new case.</source>
   <translation>Или перетащите сюда череп до операции. В других местах файлы открывают новый случай.</translation>
  </message>
  <message>
   <source>Discard it</source>
   <translation>Отбросить</translation>
  </message>
  <message>
   <source>It is the same patient</source>
   <translation>Это тот же пациент</translation>
  </message>
  <message>
   <source>Colour by standard error again</source>
   <translation>Снова цвет по стандартной ошибке</translation>
  </message>
  <message>
   <source>Report and files</source>
   <translation>Отчёт и файлы</translation>
  </message>
  <message>
   <source>Besides STL, NRRD and the report</source>
   <translation>Кроме STL, NRRD и отчёта</translation>
  </message>
  <message>
   <source>DICOM</source>
   <translation>DICOM</translation>
  </message>
  <message>
   <source>DICOM: the implants as STL in DICOM and as a segmentation, with the name and the study of the patient.</source>
   <translation>DICOM: импланты как STL в DICOM и как сегментация, с именем и исследованием пациента.</translation>
  </message>
  <message>
   <source>Prepare the files</source>
   <translation>Подготовить файлы</translation>
  </message>
  <message>
   <source>The files cannot be prepared:</source>
   <translation>Файлы нельзя подготовить:</translation>
  </message>
  <message>
   <source>Restore again, or change it back.</source>
   <translation>Восстановите снова или верните как было.</translation>
  </message>
  <message>
   <source>Implants that are missing, or were designed with other settings, are designed with the settings above.</source>
   <translation>Импланты, которых нет или которые созданы с другими настройками, создаются с настройками выше.</translation>
  </message>
  <message>
   <source>Files</source>
   <translation>Файлы</translation>
  </message>
  <message>
   <source>open</source>
   <translation>открыть</translation>
  </message>
  <message>
   <source>DICOM folder of a new case</source>
   <translation>Папка DICOM нового случая</translation>
  </message>
  <message>
   <source>Image, model or zip file of a new case</source>
   <translation>Файл изображения, модели или zip нового случая</translation>
  </message>
  <message>
   <source>DICOM folder of the skull before</source>
   <translation>Папка DICOM черепа до операции</translation>
  </message>
  <message>
   <source>Image, model or zip file of the skull before</source>
   <translation>Файл изображения, модели или zip черепа до операции</translation>
  </message>
  <message>
   <source>Mask of the tumour</source>
   <translation>Маска опухоли</translation>
  </message>
  <message>
   <source>Views</source>
   <translation>Окна</translation>
  </message>
  <message>
   <source>Tools of the views</source>
   <translation>Инструменты окон</translation>
  </message>
  <message>
   <source>Look at the skull from</source>
   <translation>Смотреть на череп</translation>
  </message>
  <message>
   <source>3D view from the {1}</source>
   <translation>Вид в 3D {1}</translation>
  </message>
  <message>
   <source>3D view from the {1}, as the file has it: side not known</source>
   <translation>Вид в 3D {1}, как в файле: сторона неизвестна</translation>
  </message>
  <message>
   <source>Brightness window of the slices</source>
   <translation>Окно яркости срезов</translation>
  </message>
  <message>
   <source>Change the window by dragging in a slice</source>
   <translation>Менять окно перетаскиванием на срезе</translation>
  </message>
  <message>
   <source>What is shown, and how opaque</source>
   <translation>Что показано и насколько непрозрачно</translation>
  </message>
  <message>
   <source>skull</source>
   <translation>череп</translation>
  </message>
  <message>
   <source>surface</source>
   <translation>поверхность</translation>
  </message>
  <message>
   <source>objects</source>
   <translation>объекты</translation>
  </message>
  <message>
   <source>points</source>
   <translation>точки</translation>
  </message>
  <message>
   <source>Opacity of the {1} in per cent</source>
   <translation>Непрозрачность в процентах: {1}</translation>
  </message>
  <message>
   <source>Show in each slice where the others are</source>
   <translation>Показать на каждом срезе, где другие</translation>
  </message>
  <message>
   <source>Four views of the same size</source>
   <translation>Четыре окна одного размера</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>Измерить</translation>
  </message>
  <message>
   <source>Measure a distance: click twice</source>
   <translation>Измерить расстояние: два щелчка</translation>
  </message>
  <message>
   <source>Measure an angle: click three times</source>
   <translation>Измерить угол: три щелчка</translation>
  </message>
  <message>
   <source>Measure an area: click around it, then press here again</source>
   <translation>Измерить площадь: обведите щелчками, затем нажмите здесь ещё раз</translation>
  </message>
  <message>
   <source>Remove what was measured</source>
   <translation>Убрать измерения</translation>
  </message>
  <message>
   <source>Save a picture of the views</source>
   <translation>Сохранить снимок окон</translation>
  </message>
  <message>
   <source>Mouse and keys</source>
   <translation>Мышь и клавиши</translation>
  </message>
  <message>
   <source>3D view</source>
   <translation>Вид в 3D</translation>
  </message>
  <message>
   <source>{1} slice</source>
   <translation>Срез: {1}</translation>
  </message>
  <message>
   <source>Out of date: {1} does not match the current settings.</source>
   <translation>Устарело: {1} не соответствует текущим настройкам.</translation>
  </message>
  <message>
   <source>the restored surface</source>
   <translation>восстановленная поверхность</translation>
  </message>
  <message>
   <source>the implant</source>
   <translation>имплант</translation>
  </message>
  <message>
   <source>and {1} more.</source>
   <translation>и ещё {1}.</translation>
  </message>
  <message>
   <source>Colours: {1}</source>
   <translation>Цвета: {1}</translation>
  </message>
  <message>
   <source>Upload a head CT, or press “Sample case”.</source>
   <translation>Загрузите КТ головы или нажмите «Учебный случай».</translation>
  </message>
  <message>
   <source>In</source>
   <translation>Где</translation>
  </message>
  <message>
   <source>Do</source>
   <translation>Действие</translation>
  </message>
  <message>
   <source>What happens</source>
   <translation>Что происходит</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>Закрыть</translation>
  </message>
  <message>
   <source>Research use only.</source>
   <translation>Только для исследований.</translation>
  </message>
  <message>
   <source>Not cleared by any authority; a qualified clinician must approve every design.</source>
   <translation>Не одобрено ни одним ведомством; каждый проект должен утвердить квалифицированный врач.</translation>
  </message>
  <message>
   <source>The case is lost; files that you downloaded are not affected.</source>
   <translation>Случай потерян; скачанные файлы не затронуты.</translation>
  </message>
  <message>
   <source>You will be signed out in {1} s because of inactivity. Move the mouse to stay.</source>
   <translation>Через {1} с вы выйдете из-за бездействия. Пошевелите мышью, чтобы остаться.</translation>
  </message>
  <message>
   <source>Restores the missing surface of the skull from a head CT.</source>
   <translation>Восстанавливает недостающую поверхность черепа по КТ головы.</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>Имя</translation>
  </message>
  <message>
   <source>Password</source>
   <translation>Пароль</translation>
  </message>
  <message>
   <source>Sign in</source>
   <translation>Войти</translation>
  </message>
  <message>
   <source>Your workspace is being opened …</source>
   <translation>Рабочее место открывается …</translation>
  </message>
  <message>
   <source>Your workspace could not be started. Nothing is running for you now, and no case is open.</source>
   <translation>Рабочее место не удалось запустить. Сейчас ничего не выполняется, и ни один случай не открыт.</translation>
  </message>
  <message>
   <source>If it fails again, ask the server's administrator: the server's log says why.</source>
   <translation>Если не получится снова, обратитесь к администратору: причина в журнале сервера.</translation>
  </message>
  <message>
   <source>No case of yours was lost: none is open. This page does not try again by itself.</source>
   <translation>Случаи не потеряны: ни один не открыт. Эта страница сама не повторяет попытку.</translation>
  </message>
  <message>
   <source>Try again</source>
   <translation>Попробовать снова</translation>
  </message>
  <message>
   <source>Your case and its files were deleted from the server.</source>
   <translation>Ваш случай и его файлы удалены с сервера.</translation>
  </message>
  <message>
   <source>To open SkullRestore again, use the newest link that “skullrestore web” has printed; each opens one browser, once.</source>
   <translation>Чтобы открыть SkullRestore снова, используйте последнюю ссылку, которую вывела «skullrestore web»; каждая открывает один браузер один раз.</translation>
  </message>
  <message>
   <source>Open SkullRestore again</source>
   <translation>Открыть SkullRestore снова</translation>
  </message>
  <message>
   <source>This page opens only with the newest link that “skullrestore web” has printed; each opens one browser, once.</source>
   <translation>Эта страница открывается только по последней ссылке, которую вывела «skullrestore web»; каждая открывает один браузер один раз.</translation>
  </message>
  <message>
   <source>This page opens only through your hospital's sign-on. Ask the server's administrator.</source>
   <translation>Эта страница открывается только через вход вашей больницы. Обратитесь к администратору.</translation>
  </message>
  <message>
   <source>This request was refused.</source>
   <translation>Запрос отклонён.</translation>
  </message>
  <message>
   <source>Opening SkullRestore …</source>
   <translation>SkullRestore открывается …</translation>
  </message>
  <message>
   <source>Something is still running. Wait for it, or cancel it, and send the files again.</source>
   <translation>Что-то ещё выполняется. Дождитесь или прервите и отправьте файлы снова.</translation>
  </message>
  <message>
   <source>The upload was refused.</source>
   <translation>Загрузка отклонена.</translation>
  </message>
  <message>
   <source>The upload was interrupted. Check the connection, and send it again.</source>
   <translation>Загрузка прервана. Проверьте соединение и отправьте снова.</translation>
  </message>
  <message>
   <source>Drop the CT of a new case here</source>
   <translation>Перетащите сюда КТ нового случая</translation>
  </message>
  <message>
   <source>3D view: arrow keys turn it, plus and minus zoom</source>
   <translation>Вид в 3D: стрелки поворачивают, плюс и минус меняют масштаб</translation>
  </message>
  <message>
   <source>What you changed or designed in it was not downloaded, and is lost then. Go on?</source>
   <translation>То, что вы в нём изменили или создали, не скачано и будет потеряно. Продолжить?</translation>
  </message>
  <message>
   <source>The server does not answer.</source>
   <translation>Сервер не отвечает.</translation>
  </message>
  <message>
   <source>If it was stopped, your case is lost. If only the connection is interrupted, your case is kept for a short time. This page goes on trying.</source>
   <translation>Если он остановлен, ваш случай потерян. Если прервано только соединение, случай ещё недолго хранится. Страница продолжает попытки.</translation>
  </message>
  <message>
   <source>Try now</source>
   <translation>Попробовать сейчас</translation>
  </message>
  <message>
   <source>The case and what was done in it are gone. Files that you downloaded are not affected.</source>
   <translation>Случай и сделанное в нём потеряны. Скачанные файлы не затронуты.</translation>
  </message>
  <message>
   <source>Start again</source>
   <translation>Начать заново</translation>
  </message>
  <message>
   <source>This case was opened in another tab or browser.</source>
   <translation>Этот случай открыт в другой вкладке или браузере.</translation>
  </message>
  <message>
   <source>It is kept. One page at a time can show it.</source>
   <translation>Он сохранён. Показывать его может только одна страница.</translation>
  </message>
  <message>
   <source>Use it here</source>
   <translation>Использовать здесь</translation>
  </message>
  <message>
   <source>The connection to the server was interrupted.</source>
   <translation>Соединение с сервером прервано.</translation>
  </message>
  <message>
   <source>Your case is kept.</source>
   <translation>Ваш случай сохранён.</translation>
  </message>
  <message>
   <source>Go on with it</source>
   <translation>Продолжить</translation>
  </message>
  <message>
   <source>That is more than the {1} MB that this server accepts. Send the head series alone.</source>
   <translation>Это больше {1} МБ, которые принимает сервер. Отправьте только серию головы.</translation>
  </message>
  <message>
   <source>{1}: plus and minus zoom</source>
   <translation>{1}: плюс и минус меняют масштаб</translation>
  </message>
  <message>
   <source>DICOM objects need a DICOM series as input: patient and study come from there.</source>
   <translation>Для объектов DICOM нужна серия DICOM: пациент и исследование берутся оттуда.</translation>
  </message>
  <message>
   <source>DICOM objects need the package highdicom, which this server does not have.</source>
   <translation>Для объектов DICOM нужен пакет highdicom, которого на этом сервере нет.</translation>
  </message>
  <message>
   <source>The case for which this scan was sent is not open any more. Open it, and send the scan again.</source>
   <translation>Случай, для которого отправлен этот снимок, уже закрыт. Откройте его и отправьте снимок снова.</translation>
  </message>
  <message>
   <source>The upload was deleted. Send it again.</source>
   <translation>Загруженное удалено. Отправьте снова.</translation>
  </message>
  <message>
   <source>This is a case file. Send the scan of the skull before the operation.</source>
   <translation>Это файл случая. Отправьте снимок черепа до операции.</translation>
  </message>
  <message>
   <source>The upload holds several CT series. Send the folder of one series for the comparison.</source>
   <translation>Загружено несколько серий КТ. Для сравнения отправьте папку одной серии.</translation>
  </message>
  <message>
   <source>There is no scan to decide about any more. Send it again.</source>
   <translation>Снимка, о котором нужно решить, больше нет. Отправьте его снова.</translation>
  </message>
  <message>
   <source>There is no case yet. Upload a head CT, or make the sample, first.</source>
   <translation>Случая ещё нет. Сначала загрузите КТ головы или создайте учебный случай.</translation>
  </message>
  <message>
   <source>Say first whether the scan that was sent is this patient's.</source>
   <translation>Сначала укажите, этого ли пациента отправленный снимок.</translation>
  </message>
  <message>
   <source>Upload the skull before the operation first.</source>
   <translation>Сначала загрузите череп до операции.</translation>
  </message>
  <message>
   <source>Something is still running. Wait for it, or cancel it first.</source>
   <translation>Что-то ещё выполняется. Дождитесь или сначала прервите.</translation>
  </message>
  <message>
   <source>An unexpected error occurred; details are in the server's log. The case is as it was before.</source>
   <translation>Произошла непредвиденная ошибка; подробности в журнале сервера. Случай остался прежним.</translation>
  </message>
  <message>
   <source>There is no reference point near that place. Click on the rim, next to one of the points.</source>
   <translation>Рядом с этим местом нет опорной точки. Щёлкните по краю рядом с одной из точек.</translation>
  </message>
  <message>
   <source>You were signed out because nothing was done for a while.</source>
   <translation>Вы вышли, потому что некоторое время ничего не делалось.</translation>
  </message>
  <message>
   <source>You were signed out because your account or your password was changed.</source>
   <translation>Вы вышли, потому что изменена ваша учётная запись или пароль.</translation>
  </message>
  <message>
   <source>You were signed out because your hospital's sign-on did not confirm any more who you are.</source>
   <translation>Вы вышли, потому что вход больницы больше не подтвердил, кто вы.</translation>
  </message>
  <message>
   <source>The server was started again. Cases are not stored: open yours again from its files.</source>
   <translation>Сервер перезапущен. Случаи не хранятся: откройте свой снова из его файлов.</translation>
  </message>
  <message>
   <source>You were signed out here because you signed in on too many other browsers.</source>
   <translation>Вы вышли здесь, потому что вошли в слишком многих других браузерах.</translation>
  </message>
  <message>
   <source>You are signed out.</source>
   <translation>Вы вышли.</translation>
  </message>
  <message>
   <source>Name or password is wrong.</source>
   <translation>Неверное имя или пароль.</translation>
  </message>
  <message>
   <source>The workspace was closed. Load the page again.</source>
   <translation>Рабочее место закрыто. Загрузите страницу снова.</translation>
  </message>
  <message>
   <source>Too many wrong tries. Try again in {1} s.</source>
   <translation>Слишком много неверных попыток. Попробуйте через {1} с.</translation>
  </message>
  <message>
   <source>There is no such language.</source>
   <translation>Такого языка нет.</translation>
  </message>
  <message>
   <source>Many people sign in just now. Try again in a moment.</source>
   <translation>Сейчас входят многие. Попробуйте через минуту.</translation>
  </message>
  <message>
   <source>Sign in first.</source>
   <translation>Сначала войдите.</translation>
  </message>
  <message>
   <source>Too many requests at once. Try again in a moment.</source>
   <translation>Слишком много запросов сразу. Попробуйте через минуту.</translation>
  </message>
  <message>
   <source>The case is larger than the {1} MB that this server accepts. Ask the server's administrator for a higher limit.</source>
   <translation>Случай больше {1} МБ, которые принимает сервер. Попросите администратора повысить предел.</translation>
  </message>
  <message>
   <source>Own</source>
   <translation>Своё</translation>
  </message>
  <message>
   <source>uncertain</source>
   <translation>ненадёжная</translation>
  </message>
  <message>
   <source>uncertain, moved</source>
   <translation>ненадёжная, перемещена</translation>
  </message>
  <message>
   <source>Head CT, {1} slices of {2} × {3}</source>
   <translation>КТ головы, срезов: {1}, {2} × {3}</translation>
  </message>
  <message>
   <source>Bone mask, {1} slices of {2} × {3}</source>
   <translation>Маска кости, срезов: {1}, {2} × {3}</translation>
  </message>
  <message>
   <source>Skull model, {1} triangles</source>
   <translation>Модель черепа, треугольников: {1}</translation>
  </message>
  <message>
   <source>Sample head</source>
   <translation>Учебная голова</translation>
  </message>
  <message>
   <source>Sample head before the operation</source>
   <translation>Учебная голова до операции</translation>
  </message>
  <message>
   <source>Case of an earlier result</source>
   <translation>Случай прежнего результата</translation>
  </message>
  <message>
   <source>series {1}</source>
   <translation>серия {1}</translation>
  </message>
  <message>
   <source>{1} cm², {2} mm around, least radius {3} mm</source>
   <translation>{1} см², периметр {2} мм, наименьший радиус {3} мм</translation>
  </message>
  <message>
   <source>{1} (moved)</source>
   <translation>{1} (сдвинута)</translation>
  </message>
  <message>
   <source>{1} (uncertain)</source>
   <translation>{1} (неуверенная)</translation>
  </message>
  <message>
   <source>{1} (uncertain, moved)</source>
   <translation>{1} (неуверенная, сдвинута)</translation>
  </message>
  <message>
   <source>{1} mL, in defect {2}</source>
   <translation>{1} мл, в дефекте {2}</translation>
  </message>
  <message>
   <source>Distance {1}: {2} mm</source>
   <translation>Расстояние {1}: {2} мм</translation>
  </message>
  <message>
   <source>Angle {1}: {2} °</source>
   <translation>Угол {1}: {2} °</translation>
  </message>
  <message>
   <source>Area {1}: {2} cm²</source>
   <translation>Площадь {1}: {2} см²</translation>
  </message>
  <message>
   <source>Area {1}: too far around the head</source>
   <translation>Площадь {1}: слишком далеко вокруг головы</translation>
  </message>
  <message>
   <source>Implant {1} ({2})</source>
   <translation>Имплант {1} ({2})</translation>
  </message>
  <message>
   <source>Read the upload</source>
   <translation>Чтение загруженного</translation>
  </message>
  <message>
   <source>read the images</source>
   <translation>чтение изображений</translation>
  </message>
  <message>
   <source>unpack the upload</source>
   <translation>распаковка загруженного</translation>
  </message>
  <message>
   <source>look for the CT series</source>
   <translation>поиск серий КТ</translation>
  </message>
  <message>
   <source>check the headers</source>
   <translation>проверка заголовков</translation>
  </message>
  <message>
   <source>STL in DICOM</source>
   <translation>STL в DICOM</translation>
  </message>
  <message>
   <source>Restoration</source>
   <translation>Восстановление</translation>
  </message>
  <message>
   <source>Body</source>
   <translation>Тело</translation>
  </message>
  <message>
   <source>Edge</source>
   <translation>Край</translation>
  </message>
  <message>
   <source>Seating</source>
   <translation>Посадка</translation>
  </message>
  <message>
   <source>Holes</source>
   <translation>Отверстия</translation>
  </message>
  <message>
   <source>Parts and mould</source>
   <translation>Части и форма</translation>
  </message>
  <message>
   <source>Cut</source>
   <translation>Разрез</translation>
  </message>
  <message>
   <source>Guides</source>
   <translation>Шаблоны</translation>
  </message>
  <message>
   <source>Line</source>
   <translation>Линия</translation>
  </message>
  <message>
   <source>found</source>
   <translation>найдено</translation>
  </message>
  <message>
   <source>mould</source>
   <translation>форма</translation>
  </message>
  <message>
   <source>voxels of {1} × {2} × {3}</source>
   <translation>воксели {1} × {2} × {3}</translation>
  </message>
  <message>
   <source>Volume (mL)</source>
   <translation>Объём (мл)</translation>
  </message>
  <message>
   <source>Thickness (mm)</source>
   <translation>Толщина (мм)</translation>
  </message>
  <message>
   <source>Clearance (mm)</source>
   <translation>Зазор (мм)</translation>
  </message>
  <message>
   <source>Watertight</source>
   <translation>Замкнут</translation>
  </message>
  <message>
   <source>Compared (%)</source>
   <translation>Сравнено (%)</translation>
  </message>
  <message>
   <source>RMS deviation (mm)</source>
   <translation>Среднеквадратичное отклонение (мм)</translation>
  </message>
  <message>
   <source>Choose a point first.</source>
   <translation>Сначала выберите точку.</translation>
  </message>
  <message>
   <source>All files (zip)</source>
   <translation>Все файлы (zip)</translation>
  </message>
  <message>
   <source>Report</source>
   <translation>Отчёт</translation>
  </message>
  <message>
   <source>Report (PDF)</source>
   <translation>Отчёт (PDF)</translation>
  </message>
  <message>
   <source>Plan of the resection</source>
   <translation>План резекции</translation>
  </message>
  <message>
   <source>Plan of the resection (PDF)</source>
   <translation>План резекции (PDF)</translation>
  </message>
  <message>
   <source>Plan, for programs</source>
   <translation>План, для программ</translation>
  </message>
  <message>
   <source>Resection line (3D Slicer)</source>
   <translation>Линия резекции (3D Slicer)</translation>
  </message>
  <message>
   <source>Resection line as a tube (STL)</source>
   <translation>Линия резекции как трубка (STL)</translation>
  </message>
  <message>
   <source>Drawing template (STL)</source>
   <translation>Шаблон для разметки (STL)</translation>
  </message>
  <message>
   <source>Cutting guide (STL)</source>
   <translation>Направляющая для разреза (STL)</translation>
  </message>
  <message>
   <source>Margin ring (STL)</source>
   <translation>Кольцо по краю (STL)</translation>
  </message>
  <message>
   <source>Restored surface (STL)</source>
   <translation>Восстановленная поверхность (STL)</translation>
  </message>
  <message>
   <source>Skull (STL)</source>
   <translation>Череп (STL)</translation>
  </message>
  <message>
   <source>Missing bone (voxels)</source>
   <translation>Недостающая кость (воксели)</translation>
  </message>
  <message>
   <source>Restored skull (voxels)</source>
   <translation>Восстановленный череп (воксели)</translation>
  </message>
  <message>
   <source>Implants (voxels)</source>
   <translation>Импланты (воксели)</translation>
  </message>
  <message>
   <source>Reference points (3D Slicer)</source>
   <translation>Опорные точки (3D Slicer)</translation>
  </message>
  <message>
   <source>Figures, for programs</source>
   <translation>Числа, для программ</translation>
  </message>
  <message>
   <source>Implants as a segmentation (DICOM)</source>
   <translation>Импланты как сегментация (DICOM)</translation>
  </message>
  <message>
   <source>Case file: send it to this page to go on</source>
   <translation>Файл случая: загрузите его здесь, чтобы продолжить</translation>
  </message>
  <message>
   <source>Another upload is arriving. Wait for it, or cancel it, and send this one again.</source>
   <translation>Уже идёт другая загрузка. Дождитесь или прервите её и отправьте снова.</translation>
  </message>
  <message>
   <source>Restores the lost surface of the skull. Research use only.</source>
   <translation>Восстанавливает утраченную поверхность черепа. Только для исследований.</translation>
  </message>
  <message>
   <source>The upload is larger than the {1} MB that this server accepts.</source>
   <translation>Загружаемое больше {1} МБ, которые принимает сервер.</translation>
  </message>
  <message>
   <source>This file does not exist any more. Prepare the files again.</source>
   <translation>Этого файла больше нет. Подготовьте файлы снова.</translation>
  </message>
  <message>
   <source>There is no implant that could be cut. Design it first.</source>
   <translation>Нет импланта для сечения. Сначала создайте его.</translation>
  </message>
  <message>
   <source>The upload was interrupted, or is not an upload. Send it again.</source>
   <translation>Загрузка прервана или это не загрузка. Отправьте снова.</translation>
  </message>
  <message>
   <source>The upload was refused: it holds a file whose name is too long. Rename it. None of the upload was kept.</source>
   <translation>Загрузка отклонена: у файла слишком длинное имя. Переименуйте его. Ничего не сохранено.</translation>
  </message>
  <message>
   <source>Send the head series alone, or ask the server's administrator for a higher limit.</source>
   <translation>Отправьте только серию головы или попросите администратора повысить предел.</translation>
  </message>
  <message>
   <source>Nothing arrived. Choose a DICOM folder, a zip of it, an image file or a skull model.</source>
   <translation>Ничего не пришло. Выберите папку DICOM, её zip, файл изображения или модель черепа.</translation>
  </message>
  <message>
   <source>The upload was refused: it holds links. Send the files themselves.</source>
   <translation>Загрузка отклонена: в ней ссылки. Отправьте сами файлы.</translation>
  </message>
  <message>
   <source>Send one zip file alone, or the files without it.</source>
   <translation>Отправьте один zip отдельно или файлы без него.</translation>
  </message>
  <message>
   <source>Brain</source>
   <translation>Мозг</translation>
  </message>
  <message>
   <source>Soft tissue</source>
   <translation>Мягкие ткани</translation>
  </message>
  <message>
   <source>Drag</source>
   <translation>Перетащить</translation>
  </message>
  <message>
   <source>Turn the skull</source>
   <translation>Повернуть череп</translation>
  </message>
  <message>
   <source>Right drag, or wheel</source>
   <translation>Правой кнопкой или колесом</translation>
  </message>
  <message>
   <source>Closer, further away</source>
   <translation>Ближе, дальше</translation>
  </message>
  <message>
   <source>Shift and drag, or middle drag</source>
   <translation>Shift и тянуть, или средней кнопкой</translation>
  </message>
  <message>
   <source>Move the picture</source>
   <translation>Сдвинуть изображение</translation>
  </message>
  <message>
   <source>Arrow keys, + and - (click first)</source>
   <translation>Стрелки, + и - (сначала щёлкнуть)</translation>
  </message>
  <message>
   <source>Turn, closer, further away</source>
   <translation>Повернуть, ближе, дальше</translation>
  </message>
  <message>
   <source>Slice</source>
   <translation>Срез</translation>
  </message>
  <message>
   <source>Wheel</source>
   <translation>Колесо</translation>
  </message>
  <message>
   <source>Go through the slices</source>
   <translation>Листать срезы</translation>
  </message>
  <message>
   <source>Right drag, or Ctrl and wheel</source>
   <translation>Правой кнопкой, или Ctrl и колесо</translation>
  </message>
  <message>
   <source>Shift and move the pointer</source>
   <translation>Shift и двигать указатель</translation>
  </message>
  <message>
   <source>All slices go to the place under the pointer</source>
   <translation>Все срезы переходят к месту под указателем</translation>
  </message>
  <message>
   <source>Drag, with the contrast button on</source>
   <translation>Тянуть при включённой кнопке контраста</translation>
  </message>
  <message>
   <source>Change brightness and contrast</source>
   <translation>Изменить яркость и контраст</translation>
  </message>
  <message>
   <source>Any</source>
   <translation>Все</translation>
  </message>
  <message>
   <source>Drag a point</source>
   <translation>Тянуть точку</translation>
  </message>
  <message>
   <source>Move it; the surface follows</source>
   <translation>Она сдвигается; поверхность следует</translation>
  </message>
  <message>
   <source>One finger, two fingers</source>
   <translation>Один палец, два пальца</translation>
  </message>
  <message>
   <source>As the mouse; closer, further away, move the picture</source>
   <translation>Как мышь; ближе, дальше, сдвинуть изображение</translation>
  </message>
  <message>
   <source>Ctrl+Z, Ctrl+Y</source>
   <translation>Ctrl+Z, Ctrl+Y</translation>
  </message>
  <message>
   <source>Undo, redo</source>
   <translation>Отменить, повторить</translation>
  </message>
  <message>
   <source>Drop files</source>
   <translation>Перетащить файлы</translation>
  </message>
  <message>
   <source>Open a new case; on Compare: the skull before the operation</source>
   <translation>Открыть новый случай; на «Сравнить»: череп до операции</translation>
  </message>
  <message>
   <source>There is no CT whose brightness could be changed.</source>
   <translation>Нет КТ, яркость которой можно изменить.</translation>
  </message>
  <message>
   <source>Axial</source>
   <translation>Аксиальный</translation>
  </message>
  <message>
   <source>Coronal</source>
   <translation>Корональный</translation>
  </message>
  <message>
   <source>Sagittal</source>
   <translation>Сагиттальный</translation>
  </message>
  <message>
   <source>Show all of the axial view</source>
   <translation>Показать всё в аксиальном окне</translation>
  </message>
  <message>
   <source>Show all</source>
   <translation>Показать всё</translation>
  </message>
  <message>
   <source>Show all four views</source>
   <translation>Показать все четыре окна</translation>
  </message>
  <message>
   <source>Enlarge the axial view</source>
   <translation>Увеличить аксиальное окно</translation>
  </message>
  <message>
   <source>Enlarge</source>
   <translation>Увеличить</translation>
  </message>
  <message>
   <source>Show all of the coronal view</source>
   <translation>Показать всё в корональном окне</translation>
  </message>
  <message>
   <source>Enlarge the coronal view</source>
   <translation>Увеличить корональное окно</translation>
  </message>
  <message>
   <source>Show all of the sagittal view</source>
   <translation>Показать всё в сагиттальном окне</translation>
  </message>
  <message>
   <source>Enlarge the sagittal view</source>
   <translation>Увеличить сагиттальное окно</translation>
  </message>
  <message>
   <source>Show all of the 3D view</source>
   <translation>Показать всё в окне 3D</translation>
  </message>
  <message>
   <source>Enlarge the 3D view</source>
   <translation>Увеличить окно 3D</translation>
  </message>
  <message>
   <source>Scale: the bar is {1} mm long</source>
   <translation>Масштаб: отрезок равен {1} мм</translation>
  </message>
  <message>
   <source>Position of the axial slice in mm</source>
   <translation>Положение аксиального среза, мм</translation>
  </message>
  <message>
   <source>Position of the coronal slice in mm</source>
   <translation>Положение коронального среза, мм</translation>
  </message>
  <message>
   <source>Position of the sagittal slice in mm</source>
   <translation>Положение сагиттального среза, мм</translation>
  </message>
  <message>
   <source>The server's disk is full. Nothing of this step was kept; ask the server's administrator to free some space.</source>
   <translation>Диск сервера заполнен. Ничего из этого шага не сохранено; попросите администратора освободить место.</translation>
  </message>
  <message>
   <source>The temporary folder {1} cannot be used: {2}. Free some space, allow writing there, or name another folder in the environment variable TMPDIR.</source>
   <translation>Временную папку {1} использовать нельзя: {2}. Освободите место, разрешите запись или укажите другую папку в переменной окружения TMPDIR.</translation>
  </message>
  <message>
   <source>The server cannot write its temporary files. Ask the server's administrator.</source>
   <translation>Сервер не может записать временные файлы. Обратитесь к администратору.</translation>
  </message>
  <message>
   <source>The workspace was closed.</source>
   <translation>Рабочее место закрыто.</translation>
  </message>
  <message>
   <source>The workspace ended unexpectedly; it may have run out of memory.</source>
   <translation>Рабочее место неожиданно завершилось; возможно, не хватило памяти.</translation>
  </message>
  <message>
   <source>The case was closed because its page had no connection to the server for {1} seconds.</source>
   <translation>Случай закрыт, потому что его страница {1} секунд не имела связи с сервером.</translation>
  </message>
  <message>
   <source>All places are taken ({1}). Try again when somebody has signed out.</source>
   <translation>Все места заняты ({1}). Попробуйте снова, когда кто-нибудь выйдет.</translation>
  </message>
  <message>
   <source>The workspace could not be started. Details are in the server's log.</source>
   <translation>Рабочее место не удалось запустить. Подробности в журнале сервера.</translation>
  </message>
 </context>
</TS>
