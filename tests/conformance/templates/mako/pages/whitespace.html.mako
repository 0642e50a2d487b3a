<ul>
## the notices
% for notice in notices:
  <li>${notice.title}
  % if notice.tags:
    % for tag in notice.tags:
    ${tag};
    % endfor
  % else:
    none
  % endif
  </li>
% endfor
</ul>
${nothing}


