/**
 * The text messages are cut from. It holds what chat systems are known to damage: Korean, emoji with joiners and
 * skin tones, right-to-left and combining characters, quotes, backslashes, markup, entities, newlines and tabs.
 * Repeated so that long messages fit; at most 36^4 characters, since tokens address it with four base-36 digits.
 */
const LINES = [
  '안녕하세요, 상담 시간을 조금 앞당길 수 있을까요? ',
  'Thanks, that works for me. See you at half past nine! ',
  'I have attached the draft; page 3 needs your eye. ',
  '네, 확인했습니다. 자료는 오늘 저녁까지 보내 드릴게요 🙂 ',
  'Could you repeat the last part? The line dropped for a moment… ',
  'She said "yes" — then \\ and / and \'quotes\' all in one line. ',
  '<b>bold?</b> &amp; <script>alert(1)</script> must stay plain text. ',
  'مرحبا، هل يمكننا التحدث غدا؟ ',
  'שלום, תודה על העזרה. ',
  'Zoë and Ångström met in Łódź; cafe\u0301 has a combining accent. ',
  '👩🏽‍💻 👨‍👩‍👧‍👦 🇰🇷 ok ',
  'line one\nline two\n\tindented ',
  '가격은 ₩12,000이고 배송은 3일 걸립니다. ',
  'Is 1 < 2 && 3 > 2? {"json": [true, null]} ',
  'Let me check the calendar and come back to you in a minute. ',
  '좋아요 👍 그럼 내일 뵙겠습니다. ',
]

export const CORPUS = LINES.join('').repeat(16)
